"""The first page, made from the findings of all chapters, and the workbook."""
