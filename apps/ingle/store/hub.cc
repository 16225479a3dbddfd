#include "store/hub.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "files/file_io.h"

namespace ingle {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kHuggingFace = "https://huggingface.co";
constexpr uint64_t kLongestAnswer = uint64_t{32} << 20;
constexpr size_t kMostFiles = 100'000;
// Far beyond any model, and small enough that sums do not overflow.
constexpr uint64_t kLargestFile = uint64_t{1} << 44;

// What stands between blanks, or nothing when a byte in it has no place in a header.
std::string CleanToken(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  text = text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
  return plain ? std::string(text) : "";
}

std::string FindToken(const Paths& paths) {
  const std::string token = CleanToken(Environment("HF_TOKEN"));
  if (!token.empty()) return token;
  constexpr uint64_t kLongestToken = 4096;
  const Result<std::string> file = ReadWhole(paths.hub_token, kLongestToken);
  return file ? CleanToken(*file) : "";
}

// A member of an object; null where there is none.
const Json& Member(const Json& object, const char* key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found != object.end() ? *found : none;
}

std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

// A file in either form that a hub lists files in: the names of the keys differ.
struct FileKeys {
  const char* path;
  const char* git;
  const char* sha256;  // in "lfs"
};
constexpr FileKeys kSiblingKeys = {"rfilename", "blobId", "sha256"};
constexpr FileKeys kTreeKeys = {"path", "oid", "oid"};

Checksum ChecksumOf(const Json& file, const FileKeys& keys) {
  const std::string sha256 = Text(Member(Member(file, "lfs"), keys.sha256));
  if (IsDigestOf(Checksum::Kind::kSha256, sha256)) return {Checksum::Kind::kSha256, sha256};
  const std::string git = Text(Member(file, keys.git));
  // Of a file that git keeps elsewhere, its hash is that of the pointer.
  if (Member(file, "lfs").is_object() || !IsDigestOf(Checksum::Kind::kGitBlob, git)) return {};
  return {Checksum::Kind::kGitBlob, git};
}

// Fails with kNotFound when a file's size is not told.
Result<std::vector<RepositoryFile>> ReadFiles(const Json& list, const FileKeys& keys) {
  if (!list.is_array() || list.size() > kMostFiles) {
    return Fail(ErrorCode::kCorrupt, "the hub answered with something that is no list of files");
  }
  std::vector<RepositoryFile> files;
  for (const Json& file : list) {
    if (Text(Member(file, "type")) == "directory") continue;
    RepositoryFile read{Text(Member(file, keys.path)), 0, ChecksumOf(file, keys)};
    if (!IsSafePath(read.path)) continue;
    const Json& size = Member(file, "size");
    if (size.is_null()) return Fail(ErrorCode::kNotFound, "the hub tells no sizes");
    if (!size.is_number_unsigned() || size.get<uint64_t>() > kLargestFile) {
      return Fail(ErrorCode::kCorrupt, "the hub says of ", Quote(read.path), " that it has ",
                  size.dump(), " bytes");
    }
    read.size = size.get<uint64_t>();
    files.push_back(std::move(read));
  }
  return files;
}

Result<Json> ParseAnswer(const Result<std::string>& answer) {
  if (!answer) return Fail(answer.error());
  Json json = Json::parse(*answer, nullptr, false);
  if (json.is_discarded()) return Fail(ErrorCode::kCorrupt, "the hub's answer is no JSON");
  return json;
}

}  // namespace

Result<Hub> Hub::FromEnvironment(const Paths& paths) {
  std::string endpoint = Environment("HF_ENDPOINT");
  if (endpoint.empty()) endpoint = kHuggingFace;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!IsAllowedUrl(endpoint)) {
    return Fail(ErrorCode::kInvalidArgument, "HF_ENDPOINT: ", Quote(endpoint),
                " is no https address (http is for this machine alone)");
  }
  return Hub(std::move(endpoint), FindToken(paths));
}

Result<HubListing> Hub::List(const HubReference& reference) const {
  HubListing listing;
  listing.revision = reference.revision.empty() ? "main" : reference.revision;
  const std::string api = Cat("/api/models/", reference.repository());
  const Result<Json> info = ParseAnswer(FetchText(
      Request(reference, Cat(api, "/revision/", listing.revision, "?blobs=true")), kLongestAnswer));
  if (!info && info.error().code() != ErrorCode::kNotFound) return Fail(info.error());
  if (info) {
    const std::string commit = Text(Member(*info, "sha"));
    if (IsDigestOf(Checksum::Kind::kGitBlob, commit)) listing.revision = commit;
    listing.licence = Text(Member(Member(*info, "cardData"), "license"));
    auto files = ReadFiles(Member(*info, "siblings"), kSiblingKeys);
    if (files) {
      listing.files = std::move(*files);
      return listing;
    }
    if (files.error().code() != ErrorCode::kNotFound) return Fail(files.error());
  }
  // A mirror may know no sizes there, or not that question at all.
  const Result<Json> tree = ParseAnswer(FetchText(
      Request(reference, Cat(api, "/tree/", listing.revision, "?recursive=true")), kLongestAnswer));
  if (!tree) return Fail(tree.error());
  auto files = ReadFiles(*tree, kTreeKeys);
  if (!files) return Fail(files.error());
  listing.files = std::move(*files);
  return listing;
}

HttpRequest Hub::RequestFor(const HubReference& reference, const HubListing& listing,
                            const std::string& path) const {
  return Request(reference, Cat("/", reference.repository(), "/resolve/", listing.revision, "/",
                                EscapedPath(path)));
}

HttpRequest Hub::Request(const HubReference& reference, const std::string& path) const {
  return {endpoint_ + path, token_,
          [this, reference](const HttpRefusal& refusal) { return Refused(reference, refusal); }};
}

Error Hub::Refused(const HubReference& reference, const HttpRefusal& refusal) const {
  const std::string answer = Cat(" (HTTP ", refusal.status, ")");
  const ErrorCode code = refusal.status == 404 ? ErrorCode::kNotFound : ErrorCode::kIo;
  if (refusal.code == "RevisionNotFound") {
    return Error(code, Cat("there is no revision ", Quote(reference.revision), answer));
  }
  if (refusal.code == "GatedRepo" || refusal.status == 403) {
    return Error(code, Cat("it is not given to everybody", answer, ": accept its terms at ",
                           endpoint_, "/", reference.repository(),
                           has_token() ? ", with the account that the token belongs to"
                                       : ", then set HF_TOKEN to a token of your account, or log "
                                         "in with 'hf auth login'"));
  }
  // To strangers the hub does not tell a private repository from one that is not there.
  if (refusal.status == 401 || refusal.status == 404) {
    return Error(code, Cat("it is not there, or private", answer, ": is it spelt right, and ",
                           has_token() ? "may this token read it" : "should HF_TOKEN be set"));
  }
  return Error(code, Cat("the hub answered HTTP ", refusal.status));
}

}  // namespace ingle
