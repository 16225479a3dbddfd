// The pre-tokenizer and the model of a tokenizer.json, as one algorithm.
#include "tokenizer/pipeline.h"

#include "tokenizer/pieces.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class Pipeline final : public TextEncoder {
 public:
  Pipeline(std::vector<CutPieces> steps, std::unique_ptr<TextEncoder> model)
      : steps_(std::move(steps)), model_(std::move(model)) {}

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override {
    EncodePart(text, true, ids);
  }
  void EncodePart(std::string_view text, bool begins_text,
                  std::vector<TokenId>& ids) const override {
    Pieces pieces(text);
    for (const CutPieces& step : steps_) step(pieces, begins_text);
    for (size_t i = 0; i < pieces.spans.size(); ++i) model_->Encode(pieces[i], ids);
  }
  bool adds_bos() const override { return false; }
  bool adds_space_prefix() const override { return false; }

 private:
  std::vector<CutPieces> steps_;
  std::unique_ptr<TextEncoder> model_;  // of one piece
};

Result<std::unique_ptr<TextEncoder>> MakeModel(const TokenizerSpec& spec,
                                               const Vocabulary& vocabulary) {
  switch (spec.pipeline->model) {
    case PieceModel::kBytePairs:
      return spec.pipeline->is_byte_level() ? MakeByteLevelBpe(spec, vocabulary)
                                            : MakeCharacterBpe(spec, vocabulary);
    case PieceModel::kWordPiece:
      return MakeWordPiece(spec, vocabulary);
    case PieceModel::kWholeWords:
      return MakeWholeWords(spec, vocabulary);
    case PieceModel::kUnigram:
      break;
  }
  return MakeUnigram(spec, vocabulary);
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakePipeline(const TokenizerSpec& spec,
                                                  const Vocabulary& vocabulary) {
  std::vector<CutPieces> steps;
  bool spelled = false;  // by the last step
  for (const PieceStep& step : spec.pipeline->pieces) {
    auto made = MakeCutPieces(step);
    if (!made) return Fail(made.error());
    steps.push_back(*std::move(made));
    spelled = std::holds_alternative<BytesStep>(step);
    if (spelled) steps.push_back(SpellBytes());
  }
  // What merges over bytes wants them as they are.
  if (spec.pipeline->is_byte_level()) {
    if (spelled) {
      steps.pop_back();
    } else {
      steps.push_back(UnspellBytes());
    }
  }
  auto model = MakeModel(spec, vocabulary);
  if (!model) return Fail(model.error());
  return std::unique_ptr<TextEncoder>(
      std::make_unique<Pipeline>(std::move(steps), *std::move(model)));
}

}  // namespace ingle
