// ingle_embed: texts as vectors.
#include <algorithm>

#include "api/handles.h"
#include "api/options.h"
#include "api/status.h"

using namespace ingle;

namespace {

Result<std::vector<std::vector<TokenId>>> TextsOf(const ingle_token* tokens, const size_t* counts,
                                                  size_t text_count) {
  std::vector<std::vector<TokenId>> texts;
  for (size_t i = 0; i < text_count; ++i) {
    if (counts[i] > PTRDIFF_MAX / sizeof(ingle_token)) {
      return Fail(ErrorCode::kInvalidArgument, "counts[", i, "] is ", counts[i],
                  ", more than memory can hold");
    }
    texts.emplace_back(tokens, tokens + counts[i]);
    tokens += counts[i];
  }
  return texts;
}

}  // namespace

extern "C" {

uint32_t ingle_model_embedding_size(const ingle_model* model) {
  return model == nullptr ? 0 : model->loaded->engine->model_info().width;
}

ingle_status ingle_embed(ingle_model* model, const ingle_token* tokens, const size_t* counts,
                         size_t text_count, const ingle_embed_options* options, float* vectors) {
  return Guarded([&]() -> Status {
    if (const Status status = RequireNotNull(model, "model"); !status) return status;
    auto read = ReadOptions(options);
    if (!read) return Fail(read.error());
    if (text_count == 0) return {};
    if (const Status status = RequireNotNull(tokens, "tokens"); !status) return status;
    if (const Status status = RequireNotNull(counts, "counts"); !status) return status;
    if (const Status status = RequireNotNull(vectors, "vectors"); !status) return status;
    const auto texts = TextsOf(tokens, counts, text_count);
    if (!texts) return Fail(texts.error());
    read->turns = &model->loaded->turns;
    const auto embedded = Embed(*model->loaded->engine, *texts, *read);
    if (!embedded) return Fail(embedded.error());
    std::copy(embedded->begin(), embedded->end(), vectors);
    return {};
  });
}

}  // extern "C"
