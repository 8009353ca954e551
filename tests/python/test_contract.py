"""The contract of `map`, bullet by bullet (docs/contract.md)."""

from __future__ import annotations

import enum
import functools
import itertools
import math
import warnings

import pytest
from conftest import agrees, same

import parallel_party as pp


def test_identity_of_what_passes_through(device):
    floats = [0.5 + i for i in range(100)]
    rows = [(x, [x + 1.0, 2**40 + i]) for i, x in enumerate(floats)]
    assert all(a is b for a, b in zip(pp.map(lambda x: x, floats, device=device), floats))
    assert all(a is b for a, b in zip(pp.map(lambda p: p, rows, device=device), rows))
    picked = pp.map(lambda p: (p[1], p[0] * 2.0, p[0]), rows, device=device)
    assert all(got[0] is row[1] and got[2] is row[0] and got[1] == row[0] * 2.0 for got, row in zip(picked, rows))


def test_identity_through_branches(device):
    a, b = [1.5, 2.5, -3.5] * 10, [2.25, 0.25, -4.25] * 10
    got = pp.map(lambda x, y: x if x > y else y, a, b, device=device)
    assert all(g is (x if x > y else y) for g, x, y in zip(got, a, b))


def test_union_of_result_types(device):
    def f(v):
        if v < 0:
            return None
        if v == 0:
            return 0
        if v < 1:
            return "small"
        if v < 2:
            return (v, int(v))
        return [v]

    column = [-1.0, 0.0, 0.5, 1.5, 7.0] * 20
    before = pp.stats().handed_back
    assert same(pp.map(f, column, device=device), [f(v) for v in column])
    assert pp.stats().handed_back == before


def test_columns_of_mixed_kinds(device):
    column = [1, 2.5, True, None, (1, 2.0), [3.0], 2**70, 7] * 50

    def f(v):
        if v is None:
            return 0
        if isinstance(v, (tuple, list)):
            return v[0] + 1
        return v + 1

    before = pp.stats().handed_back
    assert same(pp.map(f, column, device=device), [f(v) for v in column])
    assert pp.stats().handed_back - before == 50


def test_only_odd_elements_are_handed_back(device):
    column = [3] * 5000 + [2**40] + [4] * 4999
    before = pp.stats()
    got = pp.map(lambda i: i * i, column, device=device)
    after = pp.stats()
    assert got[5000] == 2**80 and got[4999] == 9 and got[5001] == 16
    assert after.handed_back - before.handed_back == 1
    assert after.elements - before.elements == 10_000


def test_lowest_failing_index_wins(device):
    column = [1.0] * 5000
    column[4000], column[137] = 0.0, 0.0
    with pytest.raises(ZeroDivisionError) as caught:
        pp.map(lambda v: 1.0 / v, column, device=device)
    assert any("137" in note.split() for note in caught.value.__notes__)
    assert caught.traceback[-1].name == "<lambda>"


def test_an_element_that_cannot_be_read_may_raise_first(device):
    column = ["text", 0.0, 1.0]
    with pytest.raises(TypeError) as caught:
        pp.map(lambda v: 1.0 / v, column, device=device)
    assert "unsupported operand" in str(caught.value)


def test_nothing_partial_in_out(device):
    out = ["old"] * 3
    with pytest.raises(ZeroDivisionError):
        pp.map(lambda v: 1.0 / v, [1.0, 0.0, 2.0], out=out, device=device)
    assert out == ["old"] * 3
    assert pp.map(lambda v: 1.0 / v, [1.0, 4.0, 2.0], out=out, device=device) is out
    assert out == [1.0, 0.25, 0.5]


def test_out_must_fit():
    with pytest.raises(ValueError, match="out has 2 items, the result 3"):
        pp.map(lambda v: v, [1, 2, 3], out=[0, 0])
    with pytest.raises(TypeError, match="out must be an Array, a list, .* not 'tuple'"):
        pp.map(lambda v: v, [1, 2, 3], out=(0, 0, 0))


@pytest.mark.parametrize(
    "column",
    [range(5), (1, 2), {1: 2, 3: 4}, {5, 6}, b"abc", [], iter([1, 2]), dict.fromkeys([1, 2]).keys()],
    ids=lambda c: type(c).__name__,
)
def test_any_iterable_gives_a_list(column, device):
    values = list(column) if not hasattr(column, "__next__") else [1, 2]
    got = pp.map(lambda i: i * 2, column, device=device)
    assert type(got) is list and got == [i * 2 for i in values]


def test_iterators_are_pulled_as_zip_does():
    pulled = iter(range(100))
    assert pp.map(lambda a, b: a + b, [1, 2, 3], pulled) == [1, 3, 5]
    assert next(pulled) == 3
    first, second = iter(range(10)), iter([1])
    list(zip(first_twin := iter(range(10)), iter([1])))
    pp.map(lambda a, b: a, first, second)
    assert next(first) == next(first_twin)


def test_endless_columns():
    assert pp.map(lambda a, i: a + i, [1.0, 2.0], itertools.count()) == [1.0, 3.0]
    with pytest.raises(ValueError, match="endless"):
        pp.map(lambda a, b: a, itertools.count(), itertools.repeat(1))


def test_strict():
    assert pp.map(lambda a, b: a, [1, 2], (3, 4), strict=True) == [1, 2]
    for bad in ([1], [1, 2, 3], iter([1]), iter([1, 2, 3])):
        with pytest.raises(ValueError, match="strict"):
            pp.map(lambda a, b: a, [1, 2], bad, strict=True)


def test_a_generator_that_raises():
    def broken():
        yield 1
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        pp.map(lambda v: v, broken())


def counted(stop, error=None):
    """0.0, 1.0, ... up to `stop`, then `error`."""
    yield from map(float, range(stop))
    if error:
        raise error


class Sequence:
    """A column of known length whose items end in an exception."""

    def __len__(self):
        return 9

    def __getitem__(self, index):
        if index == 5:
            raise OSError("item 5")
        return float(index)


@pytest.mark.parametrize("columns", [lambda: (counted(4, OSError("mine")),), lambda: (Sequence(),)])
def test_elements_come_before_what_their_iterator_raises(columns, device):
    out = ["old"] * 3
    with pytest.raises(ZeroDivisionError) as caught:
        pp.map(lambda v: 1.0 / (v - 2.0), *columns(), device=device, out=out)
    assert caught.value.__notes__ == ["parallel_party: raised by element 2"] and caught.value.__context__ is None
    before = pp.stats().elements
    with pytest.raises(OSError) as failed:
        pp.map(lambda v: v + 1.0, *columns(), device=device, out=out)
    assert failed.traceback[-1].name in ("counted", "__getitem__") and failed.value.__context__ is None
    assert out == ["old"] * 3 and pp.stats().elements == before


@pytest.mark.parametrize(
    "columns",
    [
        lambda: ([1.0, 2.0], counted(2, OSError("never asked"))),
        lambda: (counted(2), counted(2, OSError("never asked"))),
        lambda: ([1.0, 2.0], Sequence()),
        lambda: (range(5), Sequence()),
    ],
)
def test_an_iterator_that_a_loop_would_not_ask_does_not_raise(columns):
    assert pp.map(lambda a, b: a + b, *columns()) == [a + b for a, b in zip(*columns())]


def test_the_column_that_a_loop_asks_first_raises():
    def both():
        return counted(3, OSError("first")), counted(3, ValueError("second"))

    with pytest.raises(OSError, match="first"):
        pp.map(lambda a, b: a + b, *both())
    with pytest.raises(OSError, match="item 5"):
        pp.map(lambda a, b: a + b, Sequence(), range(5))
    with pytest.raises(OSError, match="first"):
        pp.map(lambda a, b: a + b, [1.0, 2.0, 3.0], both()[0], strict=True)
    with pytest.raises(KeyboardInterrupt):
        pp.map(lambda a: 1.0 / a, counted(3, KeyboardInterrupt()))


def test_closures_globals_and_defaults_are_read_anew(device):
    scale, space = 2.0, {}
    exec("k = 1\ndef g(v, step=10):\n    return v * k + step\n", space)
    g = space["g"]

    def f(v):
        return g(v) * scale

    assert pp.map(f, [1, 2], device=device) == [f(1), f(2)]
    scale, space["k"], g.__defaults__ = 0.5, 2.5, (100,)
    assert same(pp.map(f, [1, 2], device=device), [f(1), f(2)])
    space["k"] = 2**80
    assert same(pp.map(f, [1, 2], device=device), [f(1), f(2)])
    g.__code__ = (lambda v, step=3: v - step).__code__
    assert same(pp.map(f, [1, 2], device=device), [f(1), f(2)])


def test_a_replaced_module_function_is_seen(device, monkeypatch):
    f = eval("lambda v: math.sqrt(v)", {"math": math})
    assert pp.map(f, [4.0], device=device) == [2.0]
    monkeypatch.setattr(math, "sqrt", lambda v: v + 1.0)
    assert pp.map(f, [4.0], device=device) == [5.0]


def test_a_changed_uniform_needs_no_compilation(device):
    f = eval("lambda v, t: v + t * 3.0")
    pp.map(f, [1.0], t=0.5, device=device)
    before = pp.stats().compilations
    assert pp.map(f, [1.0], t=1.5, device=device) == [5.5]
    assert pp.stats().compilations == before
    assert same(pp.map(f, [1.0], t=1, device=device), [4.0])


def test_partial_and_builtins(device):
    def f(a, b, c=1.0, *, d=2.0):
        return a * b + c - d

    assert agrees(functools.partial(f, 2.0), [1.0, 2.0], device=device, c=3)
    assert agrees(functools.partial(f, 2.0, d=7), [1.0, 2.0], [3.0, 4.0], device=device)
    assert agrees(abs, [-1, 2, -3.5, True], device=device)
    assert agrees(math.floor, [-1.5, 2.5], device=device)


def test_own_keywords_point_to_partial():
    def f(v, device):
        return v

    with pytest.raises(TypeError, match=r"functools\.partial"):
        pp.map(f, [1], device="cpu")
    assert pp.map(functools.partial(f, device=3), [1], device="cpu") == [1]


def test_input_and_its_rows_are_untouched(device):
    rows = [[1.0, 2.0], [3.0, 4.0]]
    copy = [list(row) for row in rows]
    pp.map(lambda r: r[0] + r[1], rows, device=device)
    assert rows == copy


def test_handing_much_back_warns_once_after_the_result():
    f = eval("lambda i: i * i")
    column = [2**40] * 200 + [1] * 10_000
    with pytest.warns(pp.PerformanceWarning, match="200 of 10200"):
        got = pp.map(f, column, device="cpu")
    assert got[0] == 2**80
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pp.map(f, column, device="cpu")


def test_handed_back_elements_see_the_call_as_it_was(device):
    rows = [[i, 2**40] for i in range(50)]

    def f(r):
        return r[0] * r[1] * r[1]

    want = [f(list(r)) for r in rows]
    assert pp.map(f, rows, device=device) == want


def test_arguments_that_do_not_fit_raise_what_cpython_raises(device):
    def plain(a, b):
        return a

    def defaults(a, b=1, /, c=2, *, d, e, f=3):
        return a

    def none():
        return 0

    assert agrees(plain, [1.0], device=device)
    assert agrees(plain, [1.0], [2.0], [3.0], device=device)
    assert agrees(plain, [1.0], [2.0], device=device, b=3)
    assert agrees(plain, [1.0], [2.0], device=device, nonsense=3)
    assert agrees(defaults, [1.0], device=device)
    assert agrees(defaults, [1.0], device=device, d=1)
    assert agrees(defaults, [1.0], device=device, d=1, e=2, b=3)
    assert agrees(defaults, *[[1.0]] * 4, device=device, d=1, e=2)
    assert agrees(none, [1.0], device=device)
    assert agrees(lambda *, k: k, [1], device=device)
    assert agrees(functools.partial(plain, 1.0), [1.0], [2.0], device=device)
    assert agrees(math.sqrt, [1.0], [2.0], device=device)
    assert pp.map(plain, [], device=device) == []


def test_wrong_arguments_are_clear():
    for call in (
        lambda: pp.map(),
        lambda: pp.map(lambda v: v),
        lambda: pp.map(3, [1]),
        lambda: pp.map(lambda v: v, 3),
        lambda: pp.map(lambda a, b: a, [1]),
        lambda: pp.map(lambda a: a, [1], [2]),
        lambda: pp.map(lambda v: v, [1], nonsense=1),
        lambda: pp.map(lambda v, *, k: v, [1]),
        lambda: pp.map(lambda v: v, [1], device=5),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value)
    with pytest.raises(ValueError, match="tpu"):
        pp.map(lambda v: v, [1], device="tpu")


def test_auto_gives_the_same_answers_for_a_handful():
    f = eval("lambda v: v * 2 if v else None")
    for _ in range(300):
        assert same(pp.map(f, [1, 0, 2.5, True]), [2, None, 5.0, 2])
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda v: open(v), [1])


def test_everything_in_python(monkeypatch):
    monkeypatch.setenv("PARALLEL_PARTY_DEBUG", "python")
    before = pp.stats().compilations
    assert pp.map(lambda v: str(v), [1, 2]) == ["1", "2"]
    assert pp.stats().compilations == before


def test_a_column_of_unforeseen_numbers_is_handed_back(device):
    class Mine(float):
        def __add__(self, other):
            return "mine"

    assert pp.map(lambda v: v + 1, [10**30], device=device) == [10**30 + 1]
    assert pp.map(lambda v: v + 1, [Mine(1), Mine(2)], device=device) == ["mine", "mine"]


class Color(enum.IntEnum):
    """An int in all it computes, but not exactly one."""

    RED = 3


class Loud(float):
    """A float that adds in its own way."""

    def __add__(self, other):
        return "loud"

    __radd__ = __add__


def test_a_captured_instance_of_a_subclass_is_handed_back(device):
    red, loud, holds = Color.RED, Loud(2.0), (1.0, 2**70, Color.RED)

    def f(v, k=Color.RED, *, t):
        return (v + red, k, loud + v, holds[1], red.name, t * v)

    column = [1, 2.5, True] * 10
    before = pp.stats().handed_back
    assert agrees(f, column, device=device, t=Color.RED)
    assert pp.stats().handed_back - before == len(column)
    text = str(pp.explain(f, column, device=device, t=Color.RED))
    assert "CPython computes this: 'loud' holds an instance of 'Loud'" in text and "refused" not in text
    assert agrees(functools.partial(math.pow, Color.RED), [1.0, 2.0], device=device, ulp=0 if device == "cpu" else 2)


def test_a_captured_instance_is_handed_back_only_where_it_is_needed(device):
    loud = Loud(2.0)

    def f(v):
        return v * 2 if v > 0 else (v, loud)

    column = [1, 2, -1, 4] * 10
    before = pp.stats().handed_back
    assert agrees(f, column, device=device)
    assert pp.stats().handed_back - before == 10


def test_a_captured_row_may_change_its_kind(device):
    row = (object(),)

    def f(v):
        return v + row[0]

    with pytest.raises(pp.UnsupportedError, match="type 'object'"):
        pp.map(f, [1, 2], device=device)
    for other in ((2.5,), (2**70,), (2,)):
        row = other
        assert agrees(f, [1, 2], device=device)


def test_rows_that_hold_a_big_int_are_handed_back(device):
    assert agrees(lambda p: p[0] + p[1], [(1.0, 2**70), (2.0, -(2**70))], device=device)


@pytest.mark.parametrize(
    "expression",
    [
        "(math.sqrt(BIG), math.floor(BIG), round(BIG), -BIG)",
        "math.gcd(v, BIG)",
        "v in (BIG, 1)",
        "v % BIG",
        "(v, v + 1.0)[:BIG]",
        "sum(i for i in range(BIG, BIG + 3))",
        "[i * v for i, x in enumerate((1.0, 2.0), BIG)]",
        "(BIG).bit_length()",
    ],
)
def test_big_int_constants_are_computed_by_cpython(expression, device):
    f = eval("lambda v: " + expression.replace("BIG", str(2**70)))
    assert agrees(f, [1, 2], device=device)
    text = str(pp.explain(f, [1, 2], device=device))
    assert "an int beyond 64 bits" in text and "no compiled form" not in text


BIG_MASK = 0xFFFFFFFFFFFFFFFF


@pytest.mark.parametrize("big", [2**63, -(2**63) - 1, 2**64, 10**20, 10**23, -(2**70), 2**200 + 1, BIG_MASK])
def test_big_ints_are_compared_and_masked_by(big, device):
    comparisons = eval(f"lambda v: (v < {big}, v <= {big}, v == {big}, v != {big}, v > {big}, {big} >= v)")
    ints = [0, 1, -1, 2**63 - 1, -(2**63)]
    assert agrees(comparisons, [*ints, True], device=device)
    floats = [0.0, -1e300, 1e300, math.inf, -math.inf, math.nan, 2.0**63, 2.0**64, 1e20, 1e23, -(2.0**70), 2.0**200]
    assert agrees(comparisons, floats, device=device)
    assert agrees(eval(f"lambda v: v & {big}"), ints, device=device)
    assert agrees(eval(f"lambda v: {big} & v"), ints, device=device)
    assert agrees(lambda v: (v & BIG_MASK, v > BIG_MASK), ints, device=device)
    assert agrees(eval(f"lambda v: (max(v, {big}), min({big}, v))"), ints, device=device)
    for f in (comparisons, eval(f"lambda v: v & {big}"), lambda v: (v & BIG_MASK, v > BIG_MASK)):
        assert not pp.explain(f, [1]).signatures[0].hand_backs


def test_strict_names_two_columns():
    with pytest.raises(ValueError, match="column 1 is longer than column 2"):
        pp.map(lambda a, b: a, iter([1, 2, 3]), [1, 2], strict=True)


def test_endless_ranges_stop_at_the_shortest_column():
    for many in (range(10**30), range(2**63 - 1), range(10**9), range(10, -(10**30), -3), range(5, 2**70, 2**61)):
        for few in ([1, 2], (1, 2), {1, 2}, iter([1, 2])):
            assert pp.map(lambda a, b: (a, b), many, few) == list(zip(many, [1, 2], strict=False))
    assert pp.map(lambda a: a, range(50, 5, -7)) == list(range(50, 5, -7))
    with pytest.raises(ValueError, match="strict"):
        pp.map(lambda a, b: a, range(3), range(4), strict=True)


def test_an_exception_raised_by_many_calls_has_one_note():
    error = ValueError("always the same")

    def fails(v):
        raise error

    for _ in range(3):
        with pytest.raises(ValueError) as caught:
            pp.map(fails, [1.0, 2.0])
        assert caught.value is error
    assert error.__notes__ == ["parallel_party: raised by element 0"]


def test_a_column_whose_length_fails_is_iterated_all_the_same():
    class Odd:
        def __len__(self):
            raise RuntimeError("no length")

        def __iter__(self):
            return iter([1, 2, 3])

    assert pp.map(lambda v: v + 1, Odd()) == [2, 3, 4]


def test_an_exception_of_iter_is_the_users_own():
    class Odd:
        def __iter__(self):
            raise TypeError("my bug")

    with pytest.raises(TypeError, match="my bug"):
        pp.map(lambda v: v, Odd())


def test_functions_of_one_code_object_keep_their_own_surroundings(device):
    def make(k):
        return lambda v: v * k - k if v * k > 5.0 else v * k

    def of(constant):
        space = {"K": constant}
        exec("def f(v):\n    r = v + K\n    return r if r > 1.0 else r * K", space)
        return space["f"]

    double, triple, one, two = make(2.0), make(3.0), of(1.0), of(2.0)
    two.__code__ = one.__code__
    xs = [0.5 * i for i in range(10)]
    assert agrees(lambda v: (double if v > 2.0 else triple)(v), xs, device=device)
    assert agrees(lambda v: (one if v > 2.0 else two)(v), xs, device=device)


def raised(f, column):
    """What `pp.map` and the comprehension raise, or give."""
    answers = []
    for call in (lambda: pp.map(f, column, device="cpu"), lambda: [f(v) for v in column]):
        try:
            answers.append(call())
        except Exception as error:
            answers.append((type(error), str(error)))
    return answers


def catches(x):
    try:
        1 / x
    except ZeroDivisionError:
        return "zero"
    return "ok"


def fails_for_all(row):
    a, b = 1.0, 0.0
    a / b
    return row


@pytest.mark.parametrize(
    "f",
    [
        catches,
        fails_for_all,
        lambda x: (math.sqrt(x - 1.0), None)[1],
        lambda x: (1 / x, "k")[1],
        lambda x: ([1, 2][int(x) + 1], x)[1],
    ],
)
def test_what_is_not_returned_may_still_raise(f):
    got, want = raised(f, [1.0, 0.5, 0.0] * 200)
    assert got == want
