"""The command line: a file per noun. Each command loads the configuration, calls an action and prints what came of it.

`ending.main` runs a command and is the only place where errors become exit codes. `app` knows the commands' names and
reads a command's file only when that command is asked for, so that `syncd busy` doesn't pay for what `syncd run` needs.
Exit codes follow sysexits.h (see `syncd.errors`); JSON has the shapes of `syncd.shapes`.
"""
