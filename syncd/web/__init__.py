"""The door for HTTP (FastAPI, served by uvicorn inside the daemon): the interface of the platform, and Graph's notifications.

`app` puts the routes together, `api` and `push` are the routes, `hosts` and `limits` stand before them, `server` listens.
"""
