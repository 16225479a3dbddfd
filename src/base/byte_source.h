// Where a model's bytes come from: a mapped file, memory, later a sealed bundle that decrypts as it
// is read. Formats read from this and never know which.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace ingle {

// Thread safety: View may be called from any thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual uint64_t size() const = 0;

  // The bytes [offset, offset + length), valid for as long as the source lives.
  // Fails with kCorrupt when the range is not inside the source.
  virtual Result<Bytes> View(uint64_t offset, uint64_t length) const = 0;

  // What a message calls it: a path, or "memory".
  virtual const std::string& name() const = 0;

  // What changes when the bytes may have: of a file its device, number, size and time. Empty for a
  // source that has nothing of the kind.
  virtual std::string stamp() const { return {}; }

  // The system may take back the memory of what has been read; it is read again when it is looked
  // at again.
  virtual void Forget() const {}
};

// A regular file, mapped read-only. The mapping stays valid if the file is renamed or removed.
// A file that another program truncates while it is mapped ends this process (SIGBUS), as with
// every program that maps files; Ingle itself only ever replaces model files by rename.
Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path);

// Owns a copy of the bytes.
std::unique_ptr<ByteSource> MakeMemorySource(std::string bytes, std::string name = "memory");

}  // namespace ingle
