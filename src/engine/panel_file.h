// A model's matrices in panels, kept in a file: laid out once, mapped ever after, shared by all
// processes that run the model.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "compile/packed_weights.h"

namespace ingle {

// Where panels come from and what they are of.
struct PanelSource {
  std::string directory;  // of the files; made when it is missing. Empty: panels stay in memory
  std::string model;      // PanelModel of its path; by it a model has one file
  std::vector<const ByteSource*> files;  // what the matrices are views into
  // Called with each matrix when it will not be read again: its panels are there to stay.
  std::function<void(const TensorView&)> done_with = [](const TensorView&) {};
};

// Panels in memory, or in a mapped file.
struct Panels {
  PackedWeights weights;
  uint64_t bytes = 0;
  bool mapped = false;
  bool written = false;          // whether the file was made for this start
  std::optional<Error> trouble;  // why they are in memory, where the directory was to have them

  // What holds them.
  AlignedMemory memory;
  std::unique_ptr<ByteSource> file;
};

// The model's path, absolute and with links followed: a model has one file, whatever it is opened
// by.
std::string PanelModel(const std::string& path);

// Finds the panels of these matrices in the model's file, or lays them out and writes it. A file of
// something else, of the model as it was before or of another version of Ingle is replaced; those
// of models that are no more are removed, and what processes left half-written that ended. Of
// several processes one writes, and the others wait for it. Where a source has no stamp or the
// matrices are few bytes, panels are in memory; so they are, and `trouble` says why, where the
// directory refuses or the disk is full. The pages of the sources are given back as they are read:
// two copies of the weights are never held.
//
// Fails with kOutOfMemory.
Result<Panels> OpenPanels(const PanelSource& source, const std::vector<TensorView>& matrices,
                          WorkerPool& pool);

// Removes the files of models that are no more, those of links, by which none is looked for, and
// what processes left half-written that ended.
void RemoveOrphanPanels(const std::string& directory);

}  // namespace ingle
