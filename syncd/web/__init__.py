"""The door for HTTP (FastAPI, served by uvicorn inside the daemon): so far the address to which Graph sends notifications.

`app` puts the routes together, `push` is that address, `server` listens.
"""
