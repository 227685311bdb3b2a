"""Pages, forms and uploads: requests in, answers out."""
