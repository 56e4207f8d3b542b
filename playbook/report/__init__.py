"""The first page, made from the findings of all chapters, and the workbook; chapters' pages: `run.pages`."""
