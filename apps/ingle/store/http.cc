#include "store/http.h"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <curl/curl.h>

#include "config/paths.h"

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
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// What a url leads to: "https://host:443". Empty for what is no url.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;

  friend bool operator==(const Origin&, const Origin&) = default;
};

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

Origin OriginOf(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  return {Part(parsed.get(), CURLUPART_SCHEME), Part(parsed.get(), CURLUPART_HOST),
          Part(parsed.get(), CURLUPART_PORT)};
}

// One request. What came of it decides whether another makes sense.
class Transfer {
 public:
  Transfer(CURL* handle, const HttpRequest& request, HttpBody& body,
           const std::function<void(uint64_t)>& on_progress)
      : handle_(handle),
        request_(request),
        body_(body),
        on_progress_(on_progress),
        begin_(body.size()) {}

  enum class Outcome { kDone, kRedirect, kTryAgain, kFailed };
  // url: that of the request, or where a redirect led.
  Outcome Perform(const std::string& url);

  const std::string& location() const { return location_; }
  const Error& error() const { return *error_; }

 private:
  static size_t OnBody(char* data, size_t, size_t length, void* self) {
    return static_cast<Transfer*>(self)->Take({data, length});
  }
  size_t Take(std::string_view bytes);
  // Comes every second, data or not: a download that stands still shows it.
  static int OnTick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const Transfer& transfer = *static_cast<Transfer*>(self);
    if (transfer.body_began_) transfer.on_progress_(transfer.body_.size());
    return 0;
  }
  // Looks at the answer's head when the first byte of its body comes.
  Status BeginBody();
  std::unique_ptr<curl_slist, FreeList> Headers(const std::string& url) const;
  Outcome Judge(CURLcode code);
  Outcome Give(Outcome outcome, ErrorCode code, const std::string& message) {
    error_.emplace(code, message);
    return outcome;
  }
  long Answer() const;
  std::string Header(const char* name) const;

  CURL* handle_;
  const HttpRequest& request_;
  HttpBody& body_;
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
  if (body_.size() > 0) {
    const Status restarted = body_.Restart();
    if (!restarted) return restarted;
  }
  const std::string tag = Header("ETag");
  if (!tag.empty() && !tag.starts_with("W/")) body_.SaveTag(tag);
  return {};
}

size_t Transfer::Take(std::string_view bytes) {
  if (Answer() != 200 && Answer() != 206) return bytes.size();  // a redirect's or error's page
  Status taken = body_began_ ? Status() : BeginBody();
  if (taken) taken = body_.Append(bytes);
  if (!taken) {
    error_.emplace(taken.error());
    return 0;  // ends the transfer
  }
  on_progress_(body_.size());
  return bytes.size();
}

std::unique_ptr<curl_slist, FreeList> Transfer::Headers(const std::string& url) const {
  curl_slist* list = nullptr;
  if (const std::string tag = body_.LoadTag(); begin_ > 0 && !tag.empty()) {
    list = curl_slist_append(list, ("If-Range: " + tag).c_str());
  }
  if (!request_.bearer.empty() && OriginOf(url) == OriginOf(request_.url)) {
    list = curl_slist_append(list, ("Authorization: Bearer " + request_.bearer).c_str());
  }
  return std::unique_ptr<curl_slist, FreeList>(list);
}

Transfer::Outcome Transfer::Perform(const std::string& url) {
  char reason[CURL_ERROR_SIZE] = "";
  const std::unique_ptr<curl_slist, FreeList> headers = Headers(url);
  curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, OnTick);
  curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
  const std::string range = Cat(begin_, "-");
  curl_easy_setopt(handle_, CURLOPT_RANGE, begin_ > 0 ? range.c_str() : nullptr);
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers.get());

  const CURLcode code = curl_easy_perform(handle_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, nullptr);
  if (error_) return Outcome::kFailed;  // ours, from Take
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
    const Status restarted = body_.Restart();
    if (!restarted) return Give(Outcome::kFailed, ErrorCode::kIo, restarted.error().message());
    return Give(Outcome::kTryAgain, ErrorCode::kIo, "the server answered HTTP 416");
  }
  char* target = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_REDIRECT_URL, &target);
  if (answer >= 300 && answer < 400 && target != nullptr) {
    location_ = target;
    return Outcome::kRedirect;
  }
  if (!IsPassing(answer) && request_.explain) {
    error_ = request_.explain({answer, Header("X-Error-Code")});
    return Outcome::kFailed;
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
    CURL* handle, const HttpRequest& request, HttpBody& body,
    const std::function<void(uint64_t)>& on_progress) {
  std::string url = request.url;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    if (!IsAllowedUrl(url)) {
      return {Transfer::Outcome::kFailed,
              Error(ErrorCode::kUnsupported,
                    Cat("redirected to ", Quote(url), ", which is not https"))};
    }
    Transfer transfer(handle, request, body, on_progress);
    const Transfer::Outcome outcome = transfer.Perform(url);
    if (outcome == Transfer::Outcome::kDone) return {outcome, std::nullopt};
    if (outcome != Transfer::Outcome::kRedirect) return {outcome, transfer.error()};
    url = transfer.location();
  }
  return {Transfer::Outcome::kFailed, Error(ErrorCode::kIo, "too many redirects")};
}

class TextBody final : public HttpBody {
 public:
  explicit TextBody(uint64_t limit) : limit_(limit) {}

  uint64_t size() const override { return text_.size(); }
  Status Append(std::string_view bytes) override {
    if (bytes.size() > limit_ - text_.size()) {
      return Fail(ErrorCode::kTooLarge, "the server answered with more than ", limit_, " bytes");
    }
    text_ += bytes;
    return {};
  }
  Status Restart() override {
    text_.clear();
    tag_.clear();
    return {};
  }
  std::string LoadTag() const override { return tag_; }
  void SaveTag(const std::string& tag) override { tag_ = tag; }
  std::string Take() { return std::move(text_); }

 private:
  uint64_t limit_;
  std::string text_;
  std::string tag_;
};

}  // namespace

Status FetchUrl(const HttpRequest& request, HttpBody& body,
                const std::function<void(uint64_t)>& on_progress) {
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  if (handle == nullptr) return Fail(ErrorCode::kOutOfMemory, "libcurl could not be set up");
  Configure(handle.get());
  for (int fruitless = 0;;) {
    const uint64_t before = body.size();
    const auto [outcome, error] = FollowRedirects(handle.get(), request, body, on_progress);
    if (outcome == Transfer::Outcome::kDone) return {};
    fruitless = body.size() > before ? 0 : fruitless + 1;
    if (outcome == Transfer::Outcome::kFailed || fruitless == kMaxFruitlessAttempts) {
      return Fail(*error);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500 << fruitless));
  }
}

Result<std::string> FetchText(const HttpRequest& request, uint64_t limit) {
  TextBody body(limit);
  const Status fetched = FetchUrl(request, body, [](uint64_t) {});
  if (!fetched) return Fail(fetched.error());
  return body.Take();
}

bool IsAllowedUrl(const std::string& url) {
  const Origin origin = OriginOf(url);
  const bool here =
      origin.host == "localhost" || origin.host == "127.0.0.1" || origin.host == "[::1]";
  return !origin.host.empty() && (origin.scheme == "https" || (origin.scheme == "http" && here));
}

std::string EscapedPath(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte | 32) >= 'a' && (byte | 32) <= 'z';
    if (plain || (byte >= '0' && byte <= '9') ||
        std::string_view("-._~/").find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += "0123456789ABCDEF"[byte >> 4];
      escaped += "0123456789ABCDEF"[byte & 15];
    }
  }
  return escaped;
}

}  // namespace ingle
