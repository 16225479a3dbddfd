// See precompiled.cmake: headers are compiled with a file.
