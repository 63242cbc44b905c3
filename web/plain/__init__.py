"""The chat without JavaScript: plain HTML pages and forms, on the same desk, door and helper as the chat API."""
