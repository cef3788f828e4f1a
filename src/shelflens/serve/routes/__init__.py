"""The API's operations, a file per noun."""
