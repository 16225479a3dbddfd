#include "device/recurrence.h"

namespace ingle {
namespace {

void RunShortConv(const RecurrenceTask& t) {
  ShortConvTask convolution{};
  convolution.x = t.inputs[0].data;
  convolution.stride = t.inputs[0].stride;
  convolution.output = t.output;
  convolution.weight = t.inputs[1].data;
  convolution.bias = t.inputs[2].data;
  convolution.state = t.state;
  convolution.columns = t.attributes.heads;
  convolution.taps = t.attributes.groups;
  convolution.tokens = t.tokens;
  convolution.column_begin = t.begin;
  convolution.column_end = t.end;
  t.kernels.short_conv(convolution);
}

void RunSelectiveScan(const RecurrenceTask& t) {
  SelectiveScanTask scan{};
  const RecurrentAttributes& a = t.attributes;
  scan.x = t.inputs[0].data;
  scan.x_stride = t.inputs[0].stride;
  scan.dt = t.inputs[1].data;
  scan.dt_stride = t.inputs[1].stride;
  scan.b = t.inputs[2].data;
  scan.b_stride = t.inputs[2].stride;
  scan.c = t.inputs[3].data;
  scan.c_stride = t.inputs[3].stride;
  scan.a = t.inputs[4].data;
  scan.skip = t.inputs[5].data;
  scan.dt_bias = t.inputs[6].data;
  scan.output = t.output;
  scan.output_stride = t.output_stride;
  scan.state = t.state;
  scan.dt_low = a.dt_low;
  scan.dt_high = a.dt_high;
  scan.heads = a.heads;
  scan.groups = a.groups;
  scan.key_size = a.key_size;
  scan.value_size = a.value_size;
  scan.tokens = t.tokens;
  scan.head_begin = t.begin;
  scan.head_end = t.end;
  t.kernels.selective_scan(scan);
}

void RunDeltaRule(const RecurrenceTask& t) {
  DeltaRuleTask rule{};
  const RecurrentAttributes& a = t.attributes;
  rule.q = t.inputs[0].data;
  rule.q_stride = t.inputs[0].stride;
  rule.k = t.inputs[1].data;
  rule.k_stride = t.inputs[1].stride;
  rule.v = t.inputs[2].data;
  rule.v_stride = t.inputs[2].stride;
  rule.decay = t.inputs[3].data;
  rule.decay_stride = t.inputs[3].stride;
  rule.beta = t.inputs[4].data;
  rule.beta_stride = t.inputs[4].stride;
  rule.output = t.output;
  rule.output_stride = t.output_stride;
  rule.state = t.state;
  rule.heads = a.heads;
  rule.groups = a.groups;
  rule.key_size = a.key_size;
  rule.value_size = a.value_size;
  rule.tiled = a.tiled;
  rule.tokens = t.tokens;
  rule.head_begin = t.begin;
  rule.head_end = t.end;
  t.kernels.delta_rule(rule);
}

}  // namespace

bool IsRecurrence(Op op) {
  return op == Op::kShortConv || op == Op::kSelectiveScan || op == Op::kDeltaRule;
}

void ComputeRecurrence(const RecurrenceTask& task) {
  if (task.op == Op::kShortConv) return RunShortConv(task);
  if (task.op == Op::kSelectiveScan) return RunSelectiveScan(task);
  RunDeltaRule(task);
}

}  // namespace ingle
