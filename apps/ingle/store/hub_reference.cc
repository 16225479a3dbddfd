#include "store/hub_reference.h"

#include <algorithm>

namespace ingle {
namespace {

constexpr std::string_view kHosts[] = {"hf.co/", "huggingface.co/"};
constexpr std::string_view kForm = "hf.co/USER/REPO, hf.co/USER/REPO:QUANT or hf.co/USER/REPO/FILE";

// What stands behind the host; empty where there is no such host.
std::string_view BehindHost(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  for (const std::string_view host : kHosts) {
    if (text.starts_with(host)) return text.substr(host.size());
  }
  return {};
}

// Letters, digits, '.', '_', '-', none of which could lead elsewhere.
bool IsPlainPart(std::string_view part) {
  constexpr size_t kLongest = 96;  // the hub's own limit of a name
  return !part.empty() && part.size() <= kLongest && part.front() != '.' && part.front() != '-' &&
         part.find("..") == std::string_view::npos &&
         std::all_of(part.begin(), part.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

// Cuts text at the first separator, and returns what stood before it.
std::string_view CutAt(std::string_view& text, char separator) {
  const size_t place = text.find(separator);
  const std::string_view before = text.substr(0, place);
  text = place == std::string_view::npos ? std::string_view() : text.substr(place + 1);
  return before;
}

// Behind the repository in what a browser shows: blob/REVISION/FILE.
void ReadBrowserPath(std::string_view path, HubReference& reference) {
  const std::string_view before = path;
  const std::string_view view = CutAt(path, '/');
  if (view == "blob" || view == "resolve" || view == "tree") {
    const std::string_view revision = CutAt(path, '/');
    if (revision != "main") reference.revision = revision;
    reference.file = path.substr(0, path.find('?'));
  } else {
    reference.file = before;
  }
}

Status Check(const HubReference& reference, std::string_view text) {
  const auto wrong = [text](std::string_view part, std::string_view what) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), ": ", Quote(part), " is not ", what,
                "; a model on the hub is ", kForm);
  };
  if (!IsPlainPart(reference.user)) return wrong(reference.user, "the name of a user");
  if (!IsPlainPart(reference.repo)) return wrong(reference.repo, "the name of a repository");
  if (!reference.revision.empty() && !IsPlainPart(reference.revision)) {
    return wrong(reference.revision, "a revision");
  }
  if (!reference.quant.empty() && !IsPlainPart(reference.quant)) {
    return wrong(reference.quant, "a quantization");
  }
  if (!reference.file.empty() &&
      (!IsSafePath(reference.file) || !reference.file.ends_with(".gguf"))) {
    return wrong(reference.file, "a .gguf file");
  }
  return {};
}

}  // namespace

std::string HubReference::whole() const {
  return Cat(site, "/", user, "/", repo, revision.empty() ? "" : "@", revision);
}

std::string HubReference::name() const {
  if (!file.empty()) return Cat(whole(), "/", file);
  return quant.empty() ? whole() : Cat(whole(), ":", quant);
}

bool IsHubReference(std::string_view text) { return !BehindHost(text).empty(); }

Result<HubReference> ParseHubReference(std::string_view text) {
  std::string_view rest = BehindHost(text);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  HubReference reference;
  reference.user = CutAt(rest, '/');
  std::string_view head = CutAt(rest, '/');
  const bool has_tag = head.find(':') != std::string_view::npos;
  std::string_view repo = CutAt(head, ':');
  const std::string_view tag = head;
  reference.repo = CutAt(repo, '@');
  reference.revision = repo == "main" ? std::string_view() : repo;
  if (!rest.empty()) ReadBrowserPath(rest, reference);
  if (tag.ends_with(".gguf") && reference.file.empty()) {
    reference.file = tag;
  } else if (tag != "latest") {
    reference.quant = tag;
  }
  if (has_tag && (tag.empty() || !rest.empty())) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), ": ':' comes before a quantization, and ",
                "last; a model on the hub is ", kForm);
  }
  const Status sound = Check(reference, text);
  if (!sound) return Fail(sound.error());
  return reference;
}

bool IsSafePath(std::string_view text) {
  constexpr size_t kLongest = 512;
  constexpr size_t kLongestPart = 200;
  if (text.empty() || text.size() > kLongest || text.back() == '/') return false;
  while (!text.empty()) {
    const std::string_view part = CutAt(text, '/');
    if (part.empty() || part.size() > kLongestPart || part.front() == '.') return false;
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '\\';
    });
    if (!plain) return false;
  }
  return true;
}

}  // namespace ingle
