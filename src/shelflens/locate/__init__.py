"""Where in a picture the main body is."""
