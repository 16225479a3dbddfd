// A checkpoint of Hugging Face's as a GGUF file has it: in the way of llama.cpp's converter, so
// that llama.cpp and Ingle read the same model from the file.
//
// Names are GGUF's already (placed_tensors.h). What is left are stacks of experts, rows that files
// keep in another order, and fields whose words are Ingle's own; of the latter those that llama.cpp
// has no word for are written all the same, as Ingle reads them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf/gguf_writer.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/placed_tensors.h"

namespace ingle {

class GgufForm {
 public:
  using Field = HuggingFaceFields::Field;

  // checkpoint: must outlive this, and may have its matrices described only.
  static Result<GgufForm> Of(const HuggingFaceCheckpoint& checkpoint);

  std::string_view architecture() const { return architecture_; }
  // Of the token embedding first, then layer by layer.
  std::vector<std::string> TensorNames() const;
  const PlacedTensor& tensor(const std::string& name) const { return tensors_.find(name)->second; }
  // Sets "ARCHITECTURE.key" for all fields.
  void WriteFields(GgufHeader& header) const;

  // For to_gguf functions.
  const HuggingFaceFields& config() const { return config_; }
  double Key(std::string_view key, double otherwise) const;
  std::string Text(std::string_view key) const;          // likewise
  std::vector<double> List(std::string_view key) const;  // empty where there is none
  void Set(std::string_view key, Field field);
  void Erase(std::string_view key);
  uint32_t layers() const;
  // The name's tensor, or null.
  const PlacedTensor* Find(std::string_view name) const;
  void Rename(const std::string& from, const std::string& to);
  void Reshape(const std::string& name, const Shape& shape);
  // `to` has of `from` the units of so many elements (a row, or one element) at these places.
  // REQUIRES: shape has as many elements as these units. A unit of a quantized tensor is a row.
  void Take(const std::string& from, const std::string& to, std::vector<uint64_t> units,
            uint64_t unit_elements, const Shape& shape);
  // The rows of a matrix, or the elements of a vector, in another order; likewise the columns of a
  // matrix of floats. Nothing happens where there is no such tensor.
  void ReorderRows(const std::string& name, const std::vector<uint64_t>& rows);
  void ReorderColumns(const std::string& name, const std::vector<uint64_t>& columns);
  // Matrices or biases with gate's rows before up's, or in turn, become two; so for each expert.
  void SplitGateAndUp(const std::string& both, const std::string& gate, const std::string& up,
                      bool in_turn);
  // Experts' gates and ups stay in one tensor.
  void KeepGateAndUp() { keeps_fused_ = true; }
  // "NAME.0.weight", "NAME.1.weight" ... become "NAMEsuffix.weight", for names that have `within`.
  void StackNumbered(std::string_view within, std::string_view suffix);
  void Drop(const std::string& name);
  void Refuse(std::string_view tensor, std::string_view problem);

 private:
  GgufForm(const HuggingFaceCheckpoint& checkpoint);
  void TellMagnitude();
  void InterleaveRotated();
  void Stack(const std::string& to, const std::map<int, PlacedTensor>& parts);

  std::string architecture_;
  const HuggingFaceFields& config_;
  std::map<std::string, Field, std::less<>> fields_;
  std::map<std::string, PlacedTensor, std::less<>> tensors_;
  bool keeps_fused_ = false;
  std::optional<Error> error_;
};

}  // namespace ingle
