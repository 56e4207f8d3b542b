"""Sentences, tables, pictures and sliders; numbers, money and dates as the client reads them."""
