// Text to tokens and back, and conversations to text.
#include <algorithm>
#include <string>

#include "api/handles.h"
#include "api/status.h"
#include "engine/chat.h"

using namespace ingle;

namespace {

// Longer than any array can be: a length that went negative, say.
Status RequireLength(size_t length, std::string_view name) {
  if (length <= PTRDIFF_MAX / sizeof(ingle_token)) return {};
  return Fail(ErrorCode::kInvalidArgument, name, " is ", length, ", more than memory can hold");
}

Status RequireArray(const void* array, size_t length, std::string_view name) {
  if (length > 0 && array == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, name, " is NULL, but its length is ", length);
  }
  return RequireLength(length, Cat("the length of ", name));
}

Status RequireFlags(uint32_t flags, uint32_t known) {
  if ((flags & ~known) == 0) return {};
  return Fail(ErrorCode::kInvalidArgument, "flags has bits that mean nothing: ", flags & ~known);
}

// The first failure, if any. All are evaluated, so none may depend on another's success.
Status All(std::initializer_list<Status> checks) {
  for (const Status& check : checks) {
    if (!check) return check;
  }
  return {};
}

template <class Elements, class Element>
void CopyOut(const Elements& result, Element* out, size_t capacity, size_t* count) {
  std::copy_n(result.begin(), std::min(capacity, result.size()), out);
  *count = result.size();
}

}  // namespace

extern "C" {

ingle_status ingle_tokenize(const ingle_model* model, const char* text, size_t length,
                            uint32_t flags, ingle_token* tokens, size_t capacity, size_t* count) {
  return Guarded([&]() -> Status {
    const Status valid =
        All({RequireNotNull(model, "model"), RequireArray(text, length, "text"),
             RequireFlags(flags, INGLE_ADD_SPECIAL | INGLE_PARSE_SPECIAL),
             RequireArray(tokens, capacity, "tokens"), RequireNotNull(count, "count")});
    if (!valid) return valid;
    const auto encoded = model->loaded->engine->tokenizer().Encode(
        std::string_view(text, length), {.add_special = (flags & INGLE_ADD_SPECIAL) != 0,
                                         .parse_special = (flags & INGLE_PARSE_SPECIAL) != 0});
    if (!encoded) return Fail(encoded.error());
    CopyOut(*encoded, tokens, capacity, count);
    return {};
  });
}

ingle_status ingle_detokenize(const ingle_model* model, const ingle_token* tokens, size_t count,
                              uint32_t flags, char* text, size_t capacity, size_t* length) {
  return Guarded([&]() -> Status {
    const Status valid =
        All({RequireNotNull(model, "model"), RequireArray(tokens, count, "tokens"),
             RequireFlags(flags, INGLE_RENDER_SPECIAL | INGLE_CONTINUES_TEXT),
             RequireArray(text, capacity, "text"), RequireNotNull(length, "length")});
    if (!valid) return valid;
    const auto decoded = model->loaded->engine->tokenizer().Decode(
        {tokens, count}, {.render_special = (flags & INGLE_RENDER_SPECIAL) != 0,
                          .continues_text = (flags & INGLE_CONTINUES_TEXT) != 0});
    if (!decoded) return Fail(decoded.error());
    CopyOut(*decoded, text, capacity, length);
    return {};
  });
}

bool ingle_token_ends(const ingle_model* model, ingle_token token) {
  return model != nullptr && model->loaded->engine->tokenizer().IsEndOfGeneration(token);
}

ingle_status ingle_render_chat(const ingle_model* model, const char* input, size_t input_length,
                               char* text, size_t capacity, size_t* length) {
  return Guarded([&]() -> Status {
    const Status valid =
        All({RequireNotNull(model, "model"), RequireArray(input, input_length, "input"),
             RequireArray(text, capacity, "text"), RequireNotNull(length, "length")});
    if (!valid) return valid;
    const auto variables = ParseJson(std::string_view(input, input_length));
    if (!variables) return Fail(variables.error(), "input");
    const auto rendered = RenderChat(*model->loaded->engine, *variables);
    if (!rendered) return Fail(rendered.error());
    CopyOut(*rendered, text, capacity, length);
    return {};
  });
}

}  // extern "C"
