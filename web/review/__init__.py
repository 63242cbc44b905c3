"""The coordinators' review app: pages and forms that work without JavaScript. How to add a page: docs/review.md."""
