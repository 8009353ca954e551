"""Everyday functions, recorded under every supported CPython by tools/record_bytecode.py.

Their canonical operations must be the same text in every version. Nothing here is ever run.
"""

import math
from math import sqrt

SCALE = 2.0
OFFSETS = [1.0, 2.0, 3.0]


def identity(x):
    return x


def nothing(x):
    pass


def constants(x):
    return (0, 1, -1, 255, 256, 1000000, 2**70, 1.5, -0.0, True, False, None, "text", b"bytes", 3j, ...)


def arithmetic(a, b):
    return (a + b, a - b, a * b, a / b, a // b, a % b, a**b, a << b, a >> b, a & b, a | b, a ^ b, a @ b)


def unary(a):
    return (-a, +a, ~a, not a)


def double_negation(a, b):
    return (not not a, not (not (a < b)), not a is b, not a in b, not a not in b)


def comparisons(a, b):
    return (a < b, a <= b, a == b, a != b, a > b, a >= b, a is b, a is not b, a in b, a not in b)


def chained(a, b, c):
    return a < b <= c


def chained_condition(a, b, c):
    if 0 <= a < b < c:
        return 1
    return 2


def chained_long(a, b, c, d):
    return a < b < c < d or a > b > c > d


def augmented(x, p, o):
    x += 1
    x -= 2.0
    x *= x
    x /= 3
    x //= 2
    x %= 7
    x **= 2
    x <<= 1
    x >>= 1
    x &= 3
    x |= 4
    x ^= 5
    p[0] += x
    o.x -= x
    return x


def augmented_slice(p, x):
    p[1:2] += [x]


def branch(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1
    else:
        return 0


def branch_without_else(x):
    y = 0
    if x:
        y = 1
    return y


def nested_branches(a, b):
    if a:
        if b:
            r = 1
        else:
            r = 2
    else:
        if not b:
            r = 3
        else:
            r = 4
    return r


def empty_branch(a):
    if a:
        pass
    else:
        pass
    return a


def early_return(a, b):
    if not a:
        return
    if b is None:
        return None
    return a


def conditional_expression(a, b):
    return a if a > b else b


def nested_conditional(a, b, c):
    return (a if b else c) if c else (b if a else c)


def conditional_argument(f, a, b):
    return f(a if a > b else b, b if a else 0)


def boolean_values(a, b, c):
    return (a and b, a or b, a and b or c, (a or b) and c, a and b and c, a or b or c, not (a and b))


def boolean_conditions(a, b, c):
    if a and b or c:
        r = 1
    elif (a or b) and c:
        r = 2
    elif not (a and not b):
        r = 3
    else:
        r = 4
    return r


def boolean_mixed(a, b, c, d):
    x = a and (b or c) and d
    y = a or (b and c) or d
    z = (a if b else c) and d
    return x, y, z


def boolean_of_comparisons(a, b):
    return a < b and b < 10 or a == 3


def boolean_in_condition_value(a, b):
    while a and b or a > 3:
        a = a - 1 if a and b else b
    return a


def none_tests(a, b):
    if a is None:
        return 1
    if b is not None:
        return 2
    if a is None and b is not None or a is not b:
        return 3
    return a is None


def none_in_expression(a, b):
    return a if a is not None else b


def none_default(a=None, b=None):
    a = 1 if a is None else a
    b = 2 if not b else b
    return a + b


def while_loop(n):
    s = 0
    while n > 0:
        s += n
        n -= 1
    return s


def while_true(n):
    while True:
        n -= 1
        if n < 0:
            break
    return n


def while_one(n):
    while 1:
        if n > 3:
            return n
        n += 1


def while_else(n):
    while n > 0:
        n -= 2
        if n == 5:
            break
        if n == 7:
            continue
        n -= 1
    else:
        return -1
    return n


def while_and(a, b):
    while a > 0 and b > 0:
        a -= 1
        b -= 1
    return a


def while_or_not(a, b):
    while not a > 3 or b:
        a += 1
        if a > 10:
            return a
    return b


def while_none(node):
    n = 0
    while node is not None:
        node = node.next
        n += 1
    return n


def endless(x):
    while True:
        pass


def for_loop(row):
    s = 0
    for x in row:
        s += x
    return s


def for_range(n):
    s = 0.0
    for i in range(n):
        for j in range(i, n, 2):
            s += i * j
    return s


def for_else(row, wanted):
    for i, x in enumerate(row):
        if x == wanted:
            break
    else:
        return -1
    return i


def for_continue(row):
    s = 0
    for x in row:
        if x < 0:
            continue
        s += x
        if s > 100:
            break
    return s


def for_return(row):
    for x in row:
        for y in row:
            if x < y:
                return x, y
            if x == y:
                return None
    raise ValueError("none")


def for_raise(row):
    for x in row:
        if not x:
            raise ValueError(x)
    return row


def for_unpack(rows):
    s = 0
    for (a, b), *rest in rows:
        s += a * b + len(rest)
    return s


def for_while(n):
    count = 0
    for i in range(n):
        while n % (i + 1):
            n -= 1
            if n < 4:
                break
        else:
            count += 1
    return count


def loop_condition_at_end(n):
    while True:
        n -= 1
        if not (n > 0 and n != 5):
            return n


def mandelbrot(c):
    z = 0j
    for i in range(100):
        z = z * z + c
        if abs(z) > 2.0:
            return i
    return 100


def mandelbrot_floats(cx, cy):
    x = y = 0.0
    n = 0
    while x * x + y * y < 4.0 and n < 100:
        x, y = x * x - y * y + cx, 2.0 * x * y + cy
        n += 1
    return n


def black_scholes(s, k, t, r=0.02, v=0.3):
    d1 = (math.log(s / k) + (r + v * v / 2) * t) / (v * sqrt(t))
    d2 = d1 - v * sqrt(t)
    n = lambda x: 0.5 * (1.0 + math.erf(x / sqrt(2.0)))
    return s * n(d1) - k * math.exp(-r * t) * n(d2)


def tuples(a, b, c):
    t = (a, b)
    u = (a,)
    x, y = t
    (z,) = u
    return (x, (y, z), [a, [b, c]], ())


def lists(a, b):
    p = [a, b, 1]
    q = []
    q.append(a)
    r = [1, 2, 3, 4, 5]
    s = [a, *r, b]
    t = (*r, a)
    return p, q, s, t


def dicts(a, b):
    return {}, {a: b}, {"k": b}


def dict_display(a, b):
    return {"a": a, "b": b.f(a), "c": 1}


def dict_display_of_branches(a, b):
    return {"a": a if b else 0, "b": b}


def sets(a, b):
    return {a, b}


def set_membership(a):
    return a in {1, 2, 3} or a in (4, 5) or a in [6, 7]


def swap_names(a, b, c):
    a, b = b, a
    b, c, a = a, b, c
    return a, b, c


def constant_rows_unpacked(a):
    x, y = 1.5, 2.5
    return x * a + y


def chained_assignment(a):
    x = y = z = a
    return x + y + z


def unpack_star(p):
    first, *middle, last = p
    *head, tail = p
    return first, last, middle, head, tail


def unpack_nested(p):
    (a, b), (c, (d, e)) = p
    return a + b + c + d + e


def subscripts(p, i):
    return p[0], p[-1], p[i], p[i][0], p[i, 0]


def slices(p, i, j):
    return p[1:3], p[:2], p[2:], p[:], p[i:j], p[::2], p[i:j:2], p[-3:], p[1:-1:1]


def store_items(p, i, v):
    p[0] = v
    p[i] = v
    p[i:i + 2] = v
    p[1:3] = v
    p[::2] = v
    del p[0]


def attributes(o):
    o.x = o.y + o.position.z
    o.position.x, o.position.y = o.y, o.x
    return o.x


def methods(o, x):
    return o.scaled(x).rotated(x, 2).name.upper()


def module_functions(x):
    return math.sin(x) + math.pi * sqrt(x) + math.fmod(x, math.tau)


def builtin_calls(x, p):
    return abs(x), min(x, 1), max(p), len(p), float(x), int(x), round(x, 2), pow(x, 2), isinstance(x, float), sum(p)


def global_names(x):
    return x * SCALE + OFFSETS[0]


def keyword_arguments(f, x):
    return f(x, y=x, z=2), f(y=1), f(x, 1, 2)


def method_keywords(o, x):
    return o.f(x, y=1), sorted(o.items, key=o.key, reverse=True)


def starred_call(f, p):
    return f(*p), f(1, *p, 2)


def double_starred_call(f, k):
    return f(**k)


def keywords_and_star(f, p):
    return f(*p, x=1)


def called_expression(f, g, c, x):
    return (f if c else g)(x)


def called_or(f, g, x):
    y = (f or g)(x, x)
    return y + (f and g)(x if g else f)


def called_result(f, x):
    return f(x)(x)(x)


def called_item(fs, i, x):
    return fs[i](x) + fs[0](fs[1](x))


def called_lambda(x):
    return (lambda a, b=2: a * b)(x)


def called_attribute_result(o, x):
    return o.f(x).g(o.h(x), o.i()(x))


def called_conditional_nested(f, g, h, a, b, x):
    return (f(a) if a else (g if b else h))(x, f(x))


def lambdas(x):
    f = lambda y: x + y
    g = lambda: 1
    return f(g())


def closures(x):
    k = x * 2

    def inner(y):
        return y * k + x

    return inner(k)


def closure_writes(x):
    total = 0

    def add(v):
        nonlocal total
        total += v

    add(x)
    return total


def defaults(x):
    def inner(a, b=1, *, c, d):
        return a + b + c + d

    return inner(x, c=2, d=3)


def keyword_defaults(x):
    def inner(a, *, b=x, c=2):
        return a + b + c

    return inner(x)


def annotated_inner(x):
    def inner(a: int, b: float = 1.0) -> float:
        return a * b

    return inner(x)


def annotated_local(x):
    y: float = x
    return y


def recursion(n):
    return 1 if n < 2 else n * recursion(n - 1)


def variadic(*args, **kwargs):
    return len(args) + len(kwargs)


def keyword_only(a, *, b, c=1):
    return a + b + c


def positional_only(a, b, /, c):
    return a + b + c


def list_comprehension(p):
    return [x * x for x in p]


def filtered_comprehension(p, k):
    return [x * k for x in p if x > k]


def nested_comprehension(p):
    return [[x + y for y in p] for x in p]


def double_comprehension(p):
    return [(x, y) for x in p for y in p if x != y]


def set_and_dict_comprehension(p):
    return {x for x in p}, {x: x * x for x in p}


def comprehension_hides(x, p):
    q = [x * 2 for x in p]
    return x, q


def generator_expression(p):
    return sum(x * x for x in p)


def generator_any_all(p, k):
    return any(x > k for x in p) and all(x < 9 for x in p)


def generator_tuple(p):
    return tuple(x + 1 for x in p)


def f_strings(x, y):
    return f"{x}", f"a{x}b{y!r}c", f"{x:.2f}|{y:>10}", f"{x=}", f"{x!r:>9}"


def f_string_converted_and_specified(x, y):
    return f"{x!s:>{y}}"


def string_methods(s):
    return s.strip().split(",")[0] + "%d" % 3


def dropped_names(p):
    _, _, z = p
    return z


def walrus(p):
    if (n := len(p)) > 3:
        return n
    while (n := n + 1) < 10:
        pass
    return n


def asserts(x):
    assert x
    assert x > 0, "positive"
    assert isinstance(x, int), f"not {x}"
    return x


def raises(x):
    if x < 0:
        raise ValueError("negative")
    if x > 9:
        raise ValueError
    if x == 5:
        raise ValueError("five") from None
    raise NotImplementedError


def raises_class_only(x):
    raise AssertionError


def try_except(x):
    try:
        y = 1.0 / x
    except ZeroDivisionError:
        y = 0.0
    return y


def try_except_else(x):
    try:
        y = math.sqrt(x)
    except (ValueError, TypeError) as error:
        raise RuntimeError("bad") from error
    else:
        y += 1
    return y


def try_finally(x):
    try:
        y = 1 / x
    finally:
        x = 0
    return y


def try_in_loop(p):
    s = 0
    for x in p:
        try:
            s += 1 / x
        except ZeroDivisionError:
            continue
    return s


def try_return(x):
    try:
        return int(x)
    except ValueError:
        return None


def with_statement(x, lock):
    with lock as held:
        x += held
    return x


def import_inside(x):
    import cmath

    return cmath.sin(x)


def print_inside(x):
    print("x is", x)
    return x


def global_write(x):
    global SCALE
    SCALE = x
    return x


def delete_local(x):
    y = x
    del y
    return x


def delete_attribute(o):
    del o.x


def generator(p):
    for x in p:
        yield x


def generator_value(p):
    got = yield p
    return got


def generator_from(p):
    yield from p


async def coroutine(x):
    return await x


def class_inside(x):
    class Point:
        y = x

    return Point


def match_literals(x):
    match x:
        case 0:
            return "zero"
        case 1 | 2:
            return "few"
        case -1.5:
            return "odd"
        case None:
            return "none"
        case True:
            return "true"
        case _:
            return "many"


def match_guard(x, y):
    match x:
        case n if n > y:
            return n
        case n:
            return -n


def match_sequence(p):
    match p:
        case (x, y):
            return x + y
        case [x, *rest]:
            return x
    return 0


def match_class(p):
    match p:
        case int():
            return 1
        case str(s):
            return s
    return 0


def wave(p, t):
    x, y, z = p
    return (x, math.sin(x + z + t), z)


def step(p, dt):
    p.vy -= 9.81 * dt
    p.x += p.vx * dt
    p.y += p.vy * dt


def clamp(x, low=0.0, high=1.0):
    return low if x < low else high if x > high else x


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def newton(x):
    guess = x / 2 or 1.0
    for _ in range(20):
        better = (guess + x / guess) / 2
        if abs(better - guess) < 1e-12:
            break
        guess = better
    return guess


def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True


def binary_search(p, x):
    low, high = 0, len(p)
    while low < high:
        middle = (low + high) // 2
        if p[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low if low < len(p) and p[low] == x else -1


def dot(a, b):
    return sum([x * y for x, y in zip(a, b)])


def horner(coefficients, x):
    y = 0.0
    for c in reversed(coefficients):
        y = y * x + c
    return y


def normalised(v):
    x, y, z = v
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0:
        return (0.0, 0.0, 0.0)
    return (x / length, y / length, z / length)


def bucket(x):
    return "low" if x < 10 else "middle" if x < 20 else "high"


def state_machine(p):
    state = 0
    for x in p:
        if state == 0:
            if x > 0:
                state = 1
        elif state == 1:
            if x < 0:
                state = 2
            elif x == 0:
                continue
            else:
                state = 0
        else:
            break
    return state


def same_tails(a, b):
    if a > b:
        c = a
        return c * 2
    elif a == b:
        c = b
        return c * 2
    c = 0
    return c * 2


def deep_nesting(a, b, c, d):
    if a:
        if b:
            if c:
                if d:
                    return 1
                return 2
            return 3
        elif d:
            return 4
    return 5
