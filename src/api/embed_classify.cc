// ingle_embed, ingle_classify: texts as vectors, and the labels of texts.
#include <algorithm>

#include "api/handles.h"
#include "api/options.h"
#include "api/status.h"
#include "engine/classify.h"

using namespace ingle;

namespace {

// REQUIRES: text_count > 0.
Result<std::vector<std::vector<TokenId>>> TextsOf(const ingle_token* tokens, const size_t* counts,
                                                  size_t text_count) {
  if (const Status status = RequireNotNull(tokens, "tokens"); !status) return Fail(status.error());
  if (const Status status = RequireNotNull(counts, "counts"); !status) return Fail(status.error());
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
    const auto texts = TextsOf(tokens, counts, text_count);
    if (!texts) return Fail(texts.error());
    if (const Status status = RequireNotNull(vectors, "vectors"); !status) return status;
    read->turns = &model->loaded->turns;
    const auto embedded = Embed(*model->loaded->engine, *texts, *read);
    if (!embedded) return Fail(embedded.error());
    std::copy(embedded->begin(), embedded->end(), vectors);
    return {};
  });
}

uint32_t ingle_model_label_count(const ingle_model* model) {
  if (model == nullptr) return 0;
  return static_cast<uint32_t>(model->loaded->engine->model_info().labels.names.size());
}

const char* ingle_model_label(const ingle_model* model, uint32_t label) {
  if (label >= ingle_model_label_count(model)) return "";
  return model->loaded->engine->model_info().labels.names[label].c_str();
}

bool ingle_model_labels_tokens(const ingle_model* model) {
  return model != nullptr && model->loaded->engine->model_info().task == Task::kClassifyTokens;
}

ingle_status ingle_classify(ingle_model* model, const ingle_token* tokens, const size_t* counts,
                            size_t text_count, float* probabilities) {
  return Guarded([&]() -> Status {
    if (const Status status = RequireNotNull(model, "model"); !status) return status;
    if (text_count == 0) return {};
    const auto texts = TextsOf(tokens, counts, text_count);
    if (!texts) return Fail(texts.error());
    if (const Status status = RequireNotNull(probabilities, "probabilities"); !status) {
      return status;
    }
    const auto rows = Classify(*model->loaded->engine, *texts, &model->loaded->turns);
    if (!rows) return Fail(rows.error());
    for (const std::vector<float>& text : *rows) {
      probabilities = std::copy(text.begin(), text.end(), probabilities);
    }
    return {};
  });
}

}  // extern "C"
