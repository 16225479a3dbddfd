// Whole files in and out, and the words for what the operating system refuses.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ingle {

// "cannot open 'x': No such file or directory", from errno; kNotFound where that is the reason.
Error SystemError(std::string_view action, const std::string& path);

bool FileExists(const std::string& path);

// The size of a regular file; kNotFound, or kInvalidArgument for something else.
Result<uint64_t> FileSize(const std::string& path);

// The bytes of a file, or of standard input for "-". Fails with kTooLarge beyond limit.
Result<std::string> ReadWhole(const std::string& path, uint64_t limit = uint64_t{1} << 31);

// A file that appears whole or not at all (base/atomic_file.h).
Status WriteWhole(const std::string& path, std::string_view bytes);

// Makes a rename or a removal inside folder last through a power cut.
void SyncFolder(const std::string& folder);

// Creates path and what is missing above it.
Status MakeFolders(const std::string& path, unsigned mode = 0777);

// The folder that holds path: "." for a bare name.
std::string ParentOf(const std::string& path);

// What a person calls an input: its path, or "standard input" for "-".
std::string NameOfInput(const std::string& path);

}  // namespace ingle
