"""Functions for the translator's tests, recorded under every supported CPython by tools/record_bytecode.py.

Their translation must be the same IR in every version, their refusals the same text. Nothing here is ever run.
"""


def pick(row, i):
    return row[i]


def pick_or_none(x):
    if x > 0:
        return x
    return None


def zero_or_half(x):
    if x < 0:
        return 0
    return x * 0.5


def swap_if(p, condition):
    a, b = p
    if condition:
        a, b = b, a
    return (a, b)


def square(i):
    return i**2


def power(i, j):
    return i**j


def compare_mixed(i, x):
    return i < x <= 3


def sum_of_mixed(row):
    total = 0
    for item in row:
        total = total + item
    return total


def last_of(row):
    last = None
    for item in row:
        last = item
    return last


def matrix_product(a, b):
    return [[sum3([a[i][k] * b[k][j] for k in range(3)]) for j in range(3)] for i in range(3)]


def sum3(row):
    total = 0.0
    for item in row:
        total += item
    return total


def count_down(n, step):
    steps = 0
    for _ in range(n, 0, step):
        steps += 1
    return steps


def first_above(row, bound):
    for i, item in enumerate(row):
        if item > bound:
            return i
    return -1


def zipped(a, b):
    return [x - y for x, y in zip(a, b)]


def reversed_row(row):
    return tuple(reversed(row))


def kind_of(x):
    if isinstance(x, bool):
        return 1
    if isinstance(x, (int, float)):
        return 2
    return 3 if x is None else 4


def chosen_function(x, flag):
    f = double if flag else halve
    return f(x)


def double(x):
    return x * 2


def halve(x):
    return x / 2


def scaled(x):
    return x * SCALE


def shadowed(x):
    x = [y for y in (x, 2.0)]
    return x[0] + x[1]


def counter(n):
    total = 0

    def add(amount):
        nonlocal total
        total += amount
        return total

    for i in range(n):
        add(i)
    return total


def rows_equal(p, q):
    return p == q, p < q


def contains(x, row):
    return x in row


def walrus_loop(n):
    while (n := n - 1) > 0:
        if n == 7:
            break
    else:
        return 0
    return n


def keyword_call(x):
    return weighted(x, weight=3) + weighted(x, 1, weight=2)


def weighted(x, offset=0, *, weight):
    return x * weight + offset


def star_call(row):
    return weighted(*row, weight=1)


def gather(*items):
    return len(items), items


def guarded(x):
    assert x > 0, f"{x} is not positive"
    if x > 100:
        raise ValueError("too big")
    return x


def same_list_twice(x):
    a = [x]
    return (a, a)


def captured():
    return outside


def keeps_iterator(row):
    pairs = enumerate(row)
    return [item for _, item in pairs]


def grows(n):
    return [i for i in range(n)]


def appends(x):
    row = []
    row.append(x)
    return row


def opens(path):
    with open(path) as f:
        return f.read()


def calls_down(x):
    return opens(x) + 1


def only_raises(x):
    raise ValueError(x)


def missing(x):
    return missing_name + x


def partly(x):
    if x > 0:
        return print(x)
    return x


def forever(n):
    return forever(n - 1) + 1


def writes_item(row):
    row[0] = 1.0
    return row


def slices_by(row, n):
    return row[:n]


def invert_flag(flag):
    return ~flag


def formats(x):
    return f"{x:.2f}"


def imports(x):
    import cmath

    return cmath.sqrt(x)


def many_kinds(n):
    t = ()
    while n > 0:
        t = (t,)
        n -= 1
    return t


def none_arithmetic(x):
    return x + 1


def unpack_wrong(row):
    a, b = row
    return a + b


def returns_function(x):
    return double


def lifts(row, t):
    row[1] = math.sin(row[0] + row[2] + t)


def orders(row):
    if row[0] > row[1]:
        row[0], row[1] = row[1], row[0]


def accumulates(row, n):
    for i in range(n):
        row[0] += row[1]


def places(row, i, x):
    row[i] = x


def only_looks(row):
    return row[0]


def writes_outside(row):
    outside[0] = row[0]


def identity(x):
    return x


def takes_twice(row):
    pairs = enumerate(row)
    first = [item for _, item in pairs]
    return first + [item for _, item in pairs]


def catches_what(x, kind):
    try:
        raise ValueError("always")
    except kind:
        return x


def imports_unknown(x):
    import nothing_of_that_name

    return nothing_of_that_name.twice(x)


def sorts_either_way(row, falling):
    return sorted(row, reverse=falling)


def shortens(row):
    row.pop()
    row[0] = 1.0


def spreads(x):
    return {**x, "a": 1}


def inserts_anything(row):
    made = [1, 2]
    made.insert("first", row)
    return made
