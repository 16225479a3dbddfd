#include "store/checksum.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "files/file_io.h"

namespace ingle {

std::string_view NameOf(Checksum::Kind kind) {
  switch (kind) {
    case Checksum::Kind::kSha256:
      return "SHA-256";
    case Checksum::Kind::kGitBlob:
      return "git hash";
    case Checksum::Kind::kNone:
      break;
  }
  return "checksum";
}

bool IsDigestOf(Checksum::Kind kind, std::string_view text) {
  const size_t digits = kind == Checksum::Kind::kSha256 ? 64 : 40;
  return kind != Checksum::Kind::kNone && text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void Hash::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hash::Hash(Checksum::Kind kind, uint64_t size) : kind_(kind) {
  if (kind == Checksum::Kind::kNone) return;
  context_.reset(EVP_MD_CTX_new());
  const bool sha256 = kind == Checksum::Kind::kSha256;
  EVP_DigestInit_ex(context_.get(), sha256 ? EVP_sha256() : EVP_sha1(), nullptr);
  if (kind == Checksum::Kind::kGitBlob) {
    const std::string head = Cat("blob ", size);
    Update({head.c_str(), head.size() + 1});  // with its zero byte
  }
}

Hash::~Hash() = default;

void Hash::Update(std::string_view bytes) {
  if (context_ != nullptr) EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

Checksum Hash::Finish() {
  Checksum checksum{kind_, ""};
  if (context_ == nullptr) return checksum;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(context_.get(), digest, &length);
  for (unsigned int i = 0; i < length; ++i) {
    checksum.digits += "0123456789abcdef"[digest[i] >> 4];
    checksum.digits += "0123456789abcdef"[digest[i] & 15];
  }
  return checksum;
}

Result<Checksum> ChecksumOfFile(Checksum::Kind kind, const std::string& path) {
  const Result<uint64_t> size = FileSize(path);
  if (!size) return Fail(size.error());
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(SystemError("read", path));
  Hash hash(kind, *size);
  std::vector<char> buffer(1 << 20);
  ssize_t got = 0;
  while ((got = read(descriptor, buffer.data(), buffer.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    hash.Update({buffer.data(), static_cast<size_t>(got)});
  }
  close(descriptor);
  if (got < 0) return tl::unexpected(SystemError("read", path));
  return hash.Finish();
}

}  // namespace ingle
