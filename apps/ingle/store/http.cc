#include "store/http.h"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <curl/curl.h>

#include "config/paths.h"
#include "store/catalogue.h"

namespace ingle {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kStallSeconds = 30;  // without a byte, the connection counts as broken
constexpr int kMaxRedirects = 8;
constexpr int kMaxFruitlessAttempts = 3;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One request. What came of it decides whether another makes sense.
class Transfer {
 public:
  Transfer(CURL* handle, PartialFile& file, const std::function<void(uint64_t)>& on_progress)
      : handle_(handle), file_(file), on_progress_(on_progress), begin_(file.size()) {}

  enum class Outcome { kDone, kRedirect, kTryAgain, kFailed };
  Outcome Perform(const std::string& url);

  const std::string& location() const { return location_; }
  const Error& error() const { return *error_; }

 private:
  static size_t OnBody(char* data, size_t, size_t length, void* self) {
    return static_cast<Transfer*>(self)->Body({data, length});
  }
  size_t Body(std::string_view bytes);
  // Comes every second, data or not: a download that stands still shows it.
  static int OnTick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const Transfer& transfer = *static_cast<Transfer*>(self);
    if (transfer.body_began_) transfer.on_progress_(transfer.file_.size());
    return 0;
  }
  // Looks at the answer's head when the first byte of its body comes.
  Status BeginBody();
  Outcome Judge(CURLcode code);
  Outcome Give(Outcome outcome, ErrorCode code, const std::string& message) {
    error_.emplace(code, message);
    return outcome;
  }
  long Answer() const;
  std::string Header(const char* name) const;

  CURL* handle_;
  PartialFile& file_;
  const std::function<void(uint64_t)>& on_progress_;
  uint64_t begin_;
  bool body_began_ = false;
  std::string location_;
  std::optional<Error> error_;
};

long Transfer::Answer() const {
  long answer = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &answer);
  return answer;
}

std::string Transfer::Header(const char* name) const {
  curl_header* header = nullptr;
  if (curl_easy_header(handle_, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return "";
  return header->value;
}

Status Transfer::BeginBody() {
  body_began_ = true;
  if (Answer() == 206) {
    // "bytes 100-199/200": it must go on where the file ends.
    if (Header("Content-Range").starts_with(Cat("bytes ", begin_, "-"))) return {};
    return Fail(ErrorCode::kCorrupt, "the server answered with another part than was asked for");
  }
  if (file_.size() > 0) {
    const Status restarted = file_.Restart();
    if (!restarted) return restarted;
  }
  const std::string tag = Header("ETag");
  if (!tag.empty() && !tag.starts_with("W/")) file_.SaveTag(tag);
  return {};
}

size_t Transfer::Body(std::string_view bytes) {
  if (Answer() != 200 && Answer() != 206) return bytes.size();  // a redirect's or error's page
  Status taken = body_began_ ? Status() : BeginBody();
  if (taken) taken = file_.Append(bytes);
  if (!taken) {
    error_.emplace(taken.error());
    return 0;  // ends the transfer
  }
  on_progress_(file_.size());
  return bytes.size();
}

Transfer::Outcome Transfer::Perform(const std::string& url) {
  char reason[CURL_ERROR_SIZE] = "";
  std::unique_ptr<curl_slist, FreeList> headers;
  curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, OnTick);
  curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
  const std::string range = Cat(begin_, "-");
  curl_easy_setopt(handle_, CURLOPT_RANGE, begin_ > 0 ? range.c_str() : nullptr);
  if (const std::string tag = file_.LoadTag(); begin_ > 0 && !tag.empty()) {
    headers.reset(curl_slist_append(nullptr, ("If-Range: " + tag).c_str()));
  }
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers.get());

  const CURLcode code = curl_easy_perform(handle_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, nullptr);
  if (error_) return Outcome::kFailed;  // ours, from Body
  if (code != CURLE_OK) {
    error_.emplace(ErrorCode::kIo, *reason != '\0' ? reason : curl_easy_strerror(code));
  }
  return Judge(code);
}

// An HTTP status that may pass when it is asked again.
bool IsPassing(long status) { return status >= 500 || status == 429 || status == 408; }

Transfer::Outcome Transfer::Judge(CURLcode code) {
  long proxy_answer = 0;
  curl_easy_getinfo(handle_, CURLINFO_HTTP_CONNECTCODE, &proxy_answer);
  if (code != CURLE_OK && proxy_answer >= 400) {
    return Give(IsPassing(proxy_answer) ? Outcome::kTryAgain : Outcome::kFailed, ErrorCode::kIo,
                Cat("the proxy answered HTTP ", proxy_answer));
  }
  switch (code) {
    case CURLE_OK:
      break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Outcome::kFailed;
    case CURLE_OPERATION_TIMEDOUT:
      return body_began_ ? Outcome::kTryAgain : Outcome::kFailed;
    default:
      return Outcome::kTryAgain;  // broken on the way
  }
  const long answer = Answer();
  if (answer == 200 || answer == 206) return Outcome::kDone;
  if (answer == 416) {  // what is there is longer than what the server has
    const Status restarted = file_.Restart();
    if (!restarted) return Give(Outcome::kFailed, ErrorCode::kIo, restarted.error().message());
    return Give(Outcome::kTryAgain, ErrorCode::kIo, "the server answered HTTP 416");
  }
  char* target = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_REDIRECT_URL, &target);
  if (answer >= 300 && answer < 400 && target != nullptr) {
    location_ = target;
    return Outcome::kRedirect;
  }
  return Give(IsPassing(answer) ? Outcome::kTryAgain : Outcome::kFailed,
              answer == 404 ? ErrorCode::kNotFound : ErrorCode::kIo,
              Cat("the server answered HTTP ", answer));
}

void Configure(CURL* handle) {
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "ingle/" INGLE_VERSION);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");  // IsAllowedUrl decides further
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  const std::string certificates = Environment("SSL_CERT_FILE");
  if (!certificates.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, certificates.c_str());
  const std::string folder = Environment("SSL_CERT_DIR");
  if (!folder.empty()) curl_easy_setopt(handle, CURLOPT_CAPATH, folder.c_str());
}

// One attempt: a request, and those that its redirects lead to.
std::pair<Transfer::Outcome, std::optional<Error>> FollowRedirects(
    CURL* handle, std::string url, PartialFile& file,
    const std::function<void(uint64_t)>& on_progress) {
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    if (!IsAllowedUrl(url)) {
      return {Transfer::Outcome::kFailed,
              Error(ErrorCode::kUnsupported,
                    Cat("redirected to ", Quote(url), ", which is not https"))};
    }
    Transfer transfer(handle, file, on_progress);
    const Transfer::Outcome outcome = transfer.Perform(url);
    if (outcome == Transfer::Outcome::kDone) return {outcome, std::nullopt};
    if (outcome != Transfer::Outcome::kRedirect) return {outcome, transfer.error()};
    url = transfer.location();
  }
  return {Transfer::Outcome::kFailed, Error(ErrorCode::kIo, "too many redirects")};
}

}  // namespace

Status FetchUrl(const std::string& url, PartialFile& file,
                const std::function<void(uint64_t)>& on_progress) {
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  if (handle == nullptr) return Fail(ErrorCode::kOutOfMemory, "libcurl could not be set up");
  Configure(handle.get());
  for (int fruitless = 0;;) {
    const uint64_t before = file.size();
    const auto [outcome, error] = FollowRedirects(handle.get(), url, file, on_progress);
    if (outcome == Transfer::Outcome::kDone) return {};
    fruitless = file.size() > before ? 0 : fruitless + 1;
    if (outcome == Transfer::Outcome::kFailed || fruitless == kMaxFruitlessAttempts) {
      return Fail(*error);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500 << fruitless));
  }
}

}  // namespace ingle
