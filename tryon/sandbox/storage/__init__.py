"""What one sandbox keeps: files, bill, calls, prices, clock."""
