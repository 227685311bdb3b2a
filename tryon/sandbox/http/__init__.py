"""HTTP/1.1 over a socket: requests in, answers out, each call written down."""
