// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

template <class... Values>
[[noreturn]] void fail(int line, fmt::format_string<Values...> reason, Values&&... values) {
  throw Malformed(line, fmt::format(reason, std::forward<Values>(values)...));
}

/// The number of an element: 3 of KATAB(3), 0 of KATAB.
unsigned element_of(const std::string& field) {
  const auto open = field.find('(');
  return open == field.npos ? 0 : static_cast<unsigned>(std::stoul(field.substr(open + 1)));
}

const char* kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::text: return "text";
    case Value::Kind::bytes: return "bytes";
    case Value::Kind::number: return "a number";
    case Value::Kind::real: return "a floating number";
    case Value::Kind::date: return "a date";
    case Value::Kind::time: return "a time";
    case Value::Kind::timestamp: return "a timestamp";
    default: return "nothing";
  }
}

class Planner {
 public:
  Planner(const Step& step, const std::vector<Codec>& to) : step_(step), to_(to) {}

  StepPlan plan() {
    if (step_.to)
      plan_record();
    else
      plan_rows();
    check_fields();
    check_allowances();
    for (const auto& sum : step_.sums) plan_sum(sum);
    if (!step_.unique.empty() && !step_.to && plan_.rows[0].when)
      fail(1, "the unique key stands in the first row, which therefore can have no 'when'");
    for (const auto& key : step_.unique) plan_key(key);
    return std::move(plan_);
  }

 private:
  const std::vector<Field>& from() const { return step_.from->fields; }

  std::optional<std::size_t> find_from(const std::string& name) const {
    for (std::size_t i = 0; i < from().size(); ++i)
      if (from()[i].name == name) return i;
    return std::nullopt;
  }

  Target make_target(const std::string& name, const std::string& expression, int line) {
    Target target;
    target.name = name;
    target.expression = parse_expression(expression, *step_.from, element_of(name), line);
    const auto fields = fields_of(target.expression);
    used_.insert(fields.begin(), fields.end());
    if (fields.size() == 1) target.only_field = fields[0];
    target.is_constant = fields.empty();
    target.line = line;
    return target;
  }

  /// Does the value suit the field? Only what loses nothing by its type does so without a function.
  void check_type(Target& target, int line) const {
    const auto& field = *target.codec->field;
    const auto wanted = kind_of(field);
    auto& expression = target.expression;
    if (wanted == Value::Kind::bytes && target.is_constant && expression.op == Expression::Op::constant &&
        expression.type == Value::Kind::text && expression.text.empty())
      return;
    const bool numbers = (expression.type == Value::Kind::number || expression.type == Value::Kind::real) &&
                         (wanted == Value::Kind::number || wanted == Value::Kind::real);
    if (expression.type != wanted && !numbers)
      fail(line, "{} is {}, but its value is {}", field.name, kind_name(wanted), kind_name(expression.type));
  }

  const Assignment* assignment(const std::string& field) const {
    // An element by its own name goes before its array.
    auto found =
        std::find_if(step_.map.begin(), step_.map.end(), [&](const Assignment& each) { return each.target == field; });
    if (found == step_.map.end())
      found = std::find_if(step_.map.begin(), step_.map.end(),
                           [&](const Assignment& each) { return names_field(each.target, field); });
    return found == step_.map.end() ? nullptr : &*found;
  }

  void plan_record() {
    check_assignments(step_.map, [&](const std::string& target) {
      return std::any_of(to_.begin(), to_.end(), [&](const Codec& to) { return names_field(target, to.field->name); });
    });
    for (const auto& codec : to_) {
      const auto& name = codec.field->name;
      const auto* assigned = assignment(name);
      if (!assigned && !find_from(name)) fail(1, "the field {} of the new level has no source", name);
      const int line = assigned ? assigned->line : 1;
      auto target = assigned ? make_target(name, assigned->expression, line) : own_field(name, *find_from(name));
      target.codec = &codec;
      for (const auto& allowance : step_.allow)
        if (names_field(allowance.field, name)) target.allowance = allowance;
      check_type(target, line);
      plan_.targets.push_back(std::move(target));
    }
  }

  Target own_field(const std::string& name, std::size_t index) {
    Target target;
    target.name = name;
    target.expression.op = Expression::Op::field;
    target.expression.field = index;
    target.expression.type = kind_of(from()[index]);
    target.expression.scale = from()[index].scale;
    target.only_field = index;
    used_.insert(index);
    return target;
  }

  template <class Known>
  void check_assignments(const std::vector<Assignment>& map, const Known& known) const {
    std::set<std::string> seen;
    for (const auto& each : map) {
      if (!known(each.target)) fail(each.line, "{} is no field or column of the new level", each.target);
      if (!seen.insert(each.target).second) fail(each.line, "{} is made twice", each.target);
    }
  }

  void plan_rows() {
    if (step_.rows.empty()) fail(1, "the step makes neither a record nor a row");
    for (const auto& spec : step_.rows) {
      check_assignments(spec.map, [&](const std::string& target) {
        return std::find(spec.columns.begin(), spec.columns.end(), target) != spec.columns.end();
      });
      RowPlan row;
      if (!spec.when.empty()) {
        row.when = make_target("when", spec.when, 1);
        if (row.when->expression.type == Value::Kind::bytes) fail(1, "bytes are no condition");
      }
      for (std::size_t i = 0; i < spec.columns.size(); ++i) plan_column(spec, i, row);
      plan_.rows.push_back(std::move(row));
    }
  }

  void plan_column(const RowSpec& spec, std::size_t index, RowPlan& row) {
    const auto& name = spec.columns[index];
    const auto assigned =
        std::find_if(spec.map.begin(), spec.map.end(), [&](const Assignment& each) { return each.target == name; });
    const auto own = find_from(name);
    if (assigned == spec.map.end() && !own) return;
    auto column =
        assigned == spec.map.end() ? own_field(name, *own) : make_target(name, assigned->expression, assigned->line);
    column.column = index;
    row.columns.push_back(std::move(column));
  }

  void check_fields() const {
    for (const auto& name : step_.drop)
      if (std::none_of(from().begin(), from().end(), [&](const Field& field) { return names_field(name, field.name); }))
        fail(1, "{} cannot be dropped: it is no field of the old level", name);
    for (std::size_t i = 0; i < from().size(); ++i) {
      const bool dropped = std::any_of(step_.drop.begin(), step_.drop.end(),
                                       [&](const std::string& name) { return names_field(name, from()[i].name); });
      if (!dropped && used_.count(i) == 0) fail(1, "the field {} vanishes; name it in 'drop'", from()[i].name);
    }
  }

  void check_allowances() const {
    for (const auto& allowance : step_.allow) {
      bool found = false;
      for (const auto& target : plan_.targets) {
        if (!names_field(allowance.field, target.name)) continue;
        found = true;
        const auto* page = target.codec->field->page;
        if (allowance.unmappable && (!page || (!is_utf8_page(*page) && page->find(*allowance.unmappable) < 0)))
          fail(1, "what stands for unmappable characters of {} does not exist in its code page", target.name);
      }
      for (const auto& row : step_.rows)
        found = found || std::find(row.columns.begin(), row.columns.end(), allowance.field) != row.columns.end();
      if (!found) fail(1, "{} is allowed something, but is no field of the new level", allowance.field);
    }
  }

  void plan_sum(const std::string& name) {
    const auto index = find_from(name);
    if (!index || kind_of(from()[*index]) != Value::Kind::number)
      fail(1, "the sum {} is no number of the old level", name);
    SumPlan sum{name, *index, 0, 0, from()[*index].scale, 0};
    const auto& targets = find_target(name, sum);
    const auto& target = targets[sum.to];
    const auto kind = target.codec ? kind_of(*target.codec->field) : target.expression.type;
    sum.to_scale = target.codec ? target.codec->field->scale : target.expression.scale;
    if (kind != Value::Kind::number || sum.to_scale < 0) fail(1, "the sum {} is no number of the new level", name);
    plan_.sums.push_back(std::move(sum));
  }

  /// The targets that hold it; `sum.row` and `sum.to` say where.
  const std::vector<Target>& find_target(const std::string& name, SumPlan& sum) const {
    const auto find = [&](const std::vector<Target>& targets) {
      const auto found =
          std::find_if(targets.begin(), targets.end(), [&](const Target& target) { return target.name == name; });
      sum.to = static_cast<std::size_t>(found - targets.begin());
      return found != targets.end();
    };
    if (find(plan_.targets)) return plan_.targets;
    for (sum.row = 0; sum.row < plan_.rows.size(); ++sum.row)
      if (find(plan_.rows[sum.row].columns)) return plan_.rows[sum.row].columns;
    fail(1, "the sum {} has no field in the new level", name);
  }

  void plan_key(const std::string& name) {
    const auto& targets = step_.to ? plan_.targets : plan_.rows[0].columns;
    const auto found =
        std::find_if(targets.begin(), targets.end(), [&](const Target& target) { return target.name == name; });
    if (found == targets.end()) fail(1, "the unique key {} is no field of the new level", name);
    KeyPlan key{static_cast<std::size_t>(found - targets.begin()), {}};
    if (found->codec && kind_of(*found->codec->field) == Value::Kind::number)
      key.shape = key_shape(*found->codec->field);
    plan_.keys.push_back(key);
  }

  const Step& step_;
  const std::vector<Codec>& to_;
  std::set<std::size_t> used_;
  StepPlan plan_;
};

}  // namespace

bool names_field(const std::string& name, const std::string& field) {
  if (name.size() == field.size()) return name == field;
  return field.size() > name.size() && field.compare(0, name.size(), name) == 0 && field[name.size()] == '(';
}

StepPlan plan_step(const Step& step, const std::vector<Codec>& to) { return Planner(step, to).plan(); }

}  // namespace dfi::records
