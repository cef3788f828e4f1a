"""From evidence to probability: how sure is it that a query shows this product, or none of the catalogue's?

Pure transforms on numbers; nothing here reads pictures, records or settings.
"""
