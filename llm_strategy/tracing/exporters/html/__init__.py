"""One HTML page for one trace or many: no server, no request, nothing to install.

Python prepares plain data (`payload`), the files in `assets` draw it in the browser, and `page` puts both into one
file.
"""
