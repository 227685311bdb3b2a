"""What an adversary does to a running site: each script takes its address and returns figures."""
