// What each family's file gives to the table of architectures: how a model is built, and how
// checkpoints of Hugging Face's transformers name its parts.
#pragma once

#include "models/architecture.h"
#include "models/huggingface/names.h"

namespace ingle {

Result<Model> BuildBert(const Checkpoint& checkpoint);
Result<Model> BuildExaone4(const Checkpoint& checkpoint);
Result<Model> BuildErnie45(const Checkpoint& checkpoint);
Result<Model> BuildFalcon(const Checkpoint& checkpoint);
Result<Model> BuildGemma(const Checkpoint& checkpoint);
Result<Model> BuildGemma2(const Checkpoint& checkpoint);
Result<Model> BuildGemma3(const Checkpoint& checkpoint);
Result<Model> BuildGemma3n(const Checkpoint& checkpoint);
Result<Model> BuildGemma4(const Checkpoint& checkpoint);
Result<Model> BuildGpt2(const Checkpoint& checkpoint);
Result<Model> BuildGptNeoX(const Checkpoint& checkpoint);
Result<Model> BuildGranite(const Checkpoint& checkpoint);
Result<Model> BuildGraniteHybrid(const Checkpoint& checkpoint);
Result<Model> BuildLfm2(const Checkpoint& checkpoint);
Result<Model> BuildMamba2(const Checkpoint& checkpoint);
Result<Model> BuildLlama(const Checkpoint& checkpoint);
Result<Model> BuildGptOss(const Checkpoint& checkpoint);
Result<Model> BuildOlmoe(const Checkpoint& checkpoint);
Result<Model> BuildQwen2Moe(const Checkpoint& checkpoint);
Result<Model> BuildQwen3Moe(const Checkpoint& checkpoint);
Result<Model> BuildModernBert(const Checkpoint& checkpoint);
Result<Model> BuildNomicBert(const Checkpoint& checkpoint);
Result<Model> BuildMpt(const Checkpoint& checkpoint);
Result<Model> BuildOlmo2(const Checkpoint& checkpoint);
Result<Model> BuildPhi2(const Checkpoint& checkpoint);
Result<Model> BuildPhi3(const Checkpoint& checkpoint);
Result<Model> BuildQwen2(const Checkpoint& checkpoint);
Result<Model> BuildQwen3(const Checkpoint& checkpoint);
Result<Model> BuildQwen3Next(const Checkpoint& checkpoint);
Result<Model> BuildQwen35(const Checkpoint& checkpoint);
Result<Model> BuildSmolLm3(const Checkpoint& checkpoint);
Result<Model> BuildStableLm(const Checkpoint& checkpoint);
Result<Model> BuildStarCoder2(const Checkpoint& checkpoint);
Result<Model> BuildT5(const Checkpoint& checkpoint);

extern const HuggingFaceNames kBertNames;
extern const HuggingFaceNames kDistilBertNames;
extern const HuggingFaceNames kRobertaNames;
extern const HuggingFaceNames kExaone4Names;
extern const HuggingFaceNames kErnie45Names;
extern const HuggingFaceNames kFalconNames;
extern const HuggingFaceNames kGemmaNames;
extern const HuggingFaceNames kGemma2Names;
extern const HuggingFaceNames kGemma3Names;
extern const HuggingFaceNames kGemma3nNames;
extern const HuggingFaceNames kGemma4Names;
extern const HuggingFaceNames kGpt2Names;
extern const HuggingFaceNames kGptNeoXNames;
extern const HuggingFaceNames kGraniteNames;
extern const HuggingFaceNames kGraniteHybridNames;
extern const HuggingFaceNames kLfm2Names;
extern const HuggingFaceNames kLfm2MoeNames;
extern const HuggingFaceNames kMamba2Names;
extern const HuggingFaceNames kLlamaNames;
extern const HuggingFaceNames kMistralNames;
extern const HuggingFaceNames kGptOssNames;
extern const HuggingFaceNames kOlmoeNames;
extern const HuggingFaceNames kQwen2MoeNames;
extern const HuggingFaceNames kQwen3MoeNames;
extern const HuggingFaceNames kMixtralNames;
extern const HuggingFaceNames kGraniteMoeNames;
extern const HuggingFaceNames kModernBertNames;
extern const HuggingFaceNames kNomicBertNames;
extern const HuggingFaceNames kMptNames;
extern const HuggingFaceNames kOlmo2Names;
extern const HuggingFaceNames kOlmo3Names;
extern const HuggingFaceNames kPhi2Names;
extern const HuggingFaceNames kPhi3Names;
extern const HuggingFaceNames kQwen2Names;
extern const HuggingFaceNames kQwen3Names;
extern const HuggingFaceNames kQwen3NextNames;
extern const HuggingFaceNames kQwen35Names;
extern const HuggingFaceNames kQwen35MoeNames;
extern const HuggingFaceNames kSmolLm3Names;
extern const HuggingFaceNames kStableLmNames;
extern const HuggingFaceNames kStarCoder2Names;
extern const HuggingFaceNames kT5Names;
extern const HuggingFaceNames kMt5Names;

}  // namespace ingle
