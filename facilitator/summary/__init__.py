"""What one person takes away: their answers, next steps and thoughts, as plain text, a page or a Word document.

`content` is what it holds, `collect` reads it from storage, `outline` puts it in order and in words, and `text`, `page` and `word`
write the outline down.
"""
