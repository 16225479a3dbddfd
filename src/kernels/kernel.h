// How a kernel is described and chosen. Every operation's folder has one table of these, best
// first, the scalar one last: the choice at run time, the tests, the benchmarks and `ingle doctor`
// all read the same table.
//
// A kernel neither locks nor allocates, starts no thread and cannot fail; its caller has checked
// the shapes and splits the work. Its task struct, in a header *_task.h, is plain data: files
// compiled for one instruction set include nothing else of ours but headers named *_inline.h, which
// keep all they have in an unnamed namespace, for an inline function compiled
// there could be merged by the linker into code that runs on machines without it.
#pragma once

#include <span>

#include "base/cpu.h"

namespace ingle {

template <class Task>
struct Kernel {
  const char* name;
  CpuFeatures needs;
  void (*run)(const Task&);
};

// The first row that a machine with these features can run. REQUIRES: the last row needs nothing.
template <class Row>
const Row& Pick(std::span<const Row> table, CpuFeatures features) {
  for (const Row& row : table) {
    if ((row.needs & ~features) == 0) return row;
  }
  return table.back();
}

}  // namespace ingle
