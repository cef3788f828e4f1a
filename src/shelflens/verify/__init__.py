"""Evidence beyond the embedding: what a query's picture and a product have in common, looked at more closely."""
