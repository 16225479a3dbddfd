// What tells that a file is the one that was meant.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct evp_md_ctx_st;

namespace ingle {

struct Checksum {
  enum class Kind {
    kNone,     // nobody said one: the size has to do
    kSha256,   // of the bytes
    kGitBlob,  // SHA-1 of "blob SIZE\0" and the bytes, as git names contents
  };
  Kind kind = Kind::kNone;
  std::string digits;  // hexadecimal, lower case

  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// "SHA-256", "git hash".
std::string_view NameOf(Checksum::Kind kind);

// Whether text is as many lower-case hexadecimal digits as the kind has.
bool IsDigestOf(Checksum::Kind kind, std::string_view text);

// Computes a checksum, a piece at a time.
class Hash {
 public:
  // size: of the whole file, which kGitBlob begins with.
  Hash(Checksum::Kind kind, uint64_t size);
  ~Hash();
  Hash(Hash&&) noexcept = default;
  Hash& operator=(Hash&&) noexcept = default;

  void Update(std::string_view bytes);

  // REQUIRES: called once, last.
  Checksum Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  Checksum::Kind kind_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;  // null for kNone
};

Result<Checksum> ChecksumOfFile(Checksum::Kind kind, const std::string& path);

}  // namespace ingle
