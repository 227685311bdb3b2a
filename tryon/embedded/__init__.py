"""The whole product on one machine with one command: what `up` starts, watches and stops."""
