"""What pages and the admin say and show about rows: read only, without a request."""
