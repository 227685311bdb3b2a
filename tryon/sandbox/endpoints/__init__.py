"""What answers at each address of the gateway and of the controls."""
