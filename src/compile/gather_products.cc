#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {
namespace {

// What is computed in the memory of its input can be computed later without taking more.
bool MayWait(const Graph& graph, const Node& node) {
  return (node.op == Op::kRope || node.op == Op::kRmsNorm) &&
         graph.node(node.inputs[0]).type == node.type;
}

class Gathering {
 public:
  explicit Gathering(const Graph& graph) : graph_(graph), rewriter_(graph), done_(graph.size()) {}

  Graph Run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!MayWait(graph_, graph_.node(id))) Emit(id);
    }
    Emit(graph_.output());
    return rewriter_.Finish();
  }

 private:
  // The node, and before it those among its inputs that were waiting for it.
  void Emit(NodeId id) {
    if (done_[id]) return;
    done_[id] = true;
    for (const NodeId input : graph_.node(id).inputs) Emit(input);
    rewriter_.Keep(id);
  }

  const Graph& graph_;
  Rewriter rewriter_;
  std::vector<bool> done_;
};

}  // namespace

Graph GatherProducts(const Graph& graph) { return Gathering(graph).Run(); }

}  // namespace ingle
