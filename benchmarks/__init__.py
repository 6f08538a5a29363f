"""Measurements that print the numbers in the documents, and fail where a promise is broken."""
