#!/usr/bin/env python3
"""Writes templates/snippets.json: small templates and what Jinja2 3.1 makes of them.

Jinja2 is set up as Hugging Face's transformers does it for chat templates. Of an error only the
fact counts; its kind is written down for whoever reads the file.

    pip install jinja2==3.1.6
    make_template_goldens.py
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

CONTEXT = {
    "s": "Hello, World",
    "u": "naïve ✓ Straße 😀",
    "empty": "",
    "html": "<b>\"&'</b>",
    "lines": "one\n  two\r\n\nthree\n",
    "n": 7,
    "neg": -7,
    "f": 2.5,
    "zero": 0,
    "yes": True,
    "no": False,
    "nothing": None,
    "nums": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "mixed": [1, "a", None, 2.0, True, [1, 2], {"k": "v"}],
    "d": {"b": 2, "a": 1, "C": 3},
    "nested": {"x": {"y": [10, {"z": "deep"}]}, "items": "shadow", "get": 5},
    "users": [
        {"name": "Ann", "age": 31, "city": "Oslo", "on": True},
        {"name": "bob", "age": 25, "city": "Rome", "on": False},
        {"name": "Cy", "age": 31, "city": "oslo", "on": True, "note": "x"},
    ],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}, {"v": 5, "c": []}],
    "messages": [
        {"role": "system", "content": " Be kind. "},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "<think>hm</think>Yo",
         "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1, "b": [True, None, "é\"\n"]}}}]},
    ],
}

EXPRESSIONS = r"""
1 + 2 * 3
(1 + 2) * 3
7 / 2
6 / 2
7 // 2
-7 // 2
7 // -2
7 % 3
-7 % 3
7 % -3
7.5 // 2
-7.5 % 2
2 ** 10
2 ** -1
2 ** 0.5
-2 ** 2
2 ** 3 ** 2
1 / 0
1 // 0
1 % 0
1.0 / 0
0 ** -1
-1 ** 0.5
1e3
1.5e-7
1e16
123456789012345680.0
0.1 + 0.2
1e22
1e-5
0.0001
100000.0
-0.0
1_000
0x1F
0b101
0o17
3.0
n + f
n * s
s * 2
2 * [1]
[0] * 3
[1] + [2]
(1,) + (2, 3)
s + n
n + s
s ~ n ~ nothing ~ f ~ yes ~ missing
'a' 'b' "c"
'a\n\t\\\'\"b'
'\x41\u00e9\U0001F600\101'
'\d\w'
true and false
true or false
not true
nothing or 'x'
'' or 0 or []
1 and 'y'
n > 3 and n < 10
1 < 2 < 3
1 < 3 < 2
3 > 2 > 1 != 0
1 == 1.0
1 == true
'1' == 1
nothing == missing
missing == missing2
missing != 1
[1, 2] == [1, 2.0]
(1, 2) == [1, 2]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
[1, 2] < [1, 3]
[1] < [1, 2]
'a' < 'b'
'B' < 'a'
1 < 'a'
nothing < 1
missing < 1
'ell' in s
'x' not in s
3 in nums
'a' in d
2 in d
1 in s
missing in nums
missing in s
nothing in nums
1 in missing
1 in nothing
'k' in mixed[6]
s[0]
s[-1]
s[100]
s[1:4]
s[:5]
s[-5:]
s[::-1]
s[::2]
s[5:1]
s[5:1:-1]
s[1:100]
s[::0]
u[0:7]
u[-1]
u|length
nums[0]
nums[-1]
nums[9]
nums['0']
nums[1:]
nums[::-1]
nums[:-1]
nums[true]
nums[1.0]
(1, 2, 3)[1]
(1, 2, 3)[:2]
mixed[5][1]
d.a
d['a']
d['zz']
d.zz
d.zz.y
d['zz']['y']
nested.x.y[1].z
nested['x']['y'][1]['z']
nested.items
nested['items']
nested.get
nested.get('items')
nested.items()|list
nothing.x
nothing['x']
n.x
missing.x
missing['x']
missing()
s.x
s()
nothing()
nothing[1:]
n[0]
missing[1:]
d[1:2]
d[[1]]
{[1]: 2}
{1: 'a', 1.0: 'b', true: 'c'}
{'a': 1, 'a': 2}
{(1, 2): 'x'}[(1, 2)]
{}
[]
()
(1,)
[1, 'a', none, true, 2.5]
['it\'s', "q\"", 'both\'"', 'é', '\n', '\x00', '\u200b', '\\']
{'a': [1, {'b': ()}]}
mixed
users[0]
[missing]
[s|safe]
1 if yes else 2
1 if no else 2
1 if no
(1 if no) is undefined
'a' if no else 'b' if yes else 'c'
[1, 2, 3,]
{'a': 1,}
x is defined
s is defined
missing is not defined
d.a is defined
d.zz is defined
d.zz is undefined
s is string
n is string
n is number
yes is number
n is integer
yes is integer
f is float
n is float
yes is boolean
n is boolean
yes is true
n is true
no is false
nothing is none
missing is none
d is mapping
nums is mapping
nums is sequence
d is sequence
s is sequence
n is sequence
missing is sequence
missing is iterable
nums is iterable
s is iterable
n is iterable
nothing is iterable
d.items() is iterable
d.items() is sequence
d.items() is mapping
range(3) is sequence
range(3) is iterable
missing is callable
range is callable
s.upper is callable
s is callable
n is odd
n is even
n is divisibleby 7
n is divisibleby(3)
s is odd
f is odd
'abc' is lower
'Abc' is lower
'ABC' is upper
'1' is upper
n is lower
n is sameas n
nothing is sameas none
[] is sameas []
'a' is in 'abc'
2 is in nums
n is eq 7
n is ne(7)
n is gt 3
n is lt(3)
n is ge 7
n is greaterthan 6
n is equalto(7)
n is not equalto 8
'upper' is filter
'nope' is filter
'odd' is test
s is escaped
s|safe is escaped
not s is string
n is none or s is string
'a' is defined and false
s|upper
u|upper
s|lower
u|lower
'ǆ ß ŉ İ'|upper
'ÀÉ Σ'|lower
'hello wORLD foo-bar (baz) [x'|title
"they're ok"|title
'hELLO wORLD'|capitalize
nothing|upper
n|upper
missing|upper
'  x '|trim
'xxaxx'|trim('x')
'xyaxy'|trim('yx')
nothing|trim
n|trim
s|length
nums|length
d|length
n|length
nothing|length
missing|length
missing|count
d.items()|length
range(5)|length
(nums|map('string'))|length
s|replace('l', 'L')
s|replace('l', 'L', 1)
s|replace('', '-')
'abc'|replace('', '-', 2)
n|replace('7', 8)
nothing|replace('None', 'x')
missing|replace('a', 'b')
s|replace('zzz')
nums|join
nums|join(', ')
words|join(d='-')
mixed|join('|')
users|join(', ', attribute='name')
users|map(attribute='age')|join
d|join(',')
s|join('.')
missing|join(',')
nothing|join
[s|safe, html]|join
nums|first
nums|last
s|first
s|last
d|first
d|last
[]|first
[]|last
''|first
nothing|first
missing|first
missing|last
(nums|map('string'))|first
(nums|map('string'))|last
d|list
s|list
d.values()|list
nothing|list
missing|list
range(3)|list
nums|sort
nums|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
words|sort(true)
users|sort(attribute='age')|map(attribute='name')|list
users|sort(attribute='age,name', reverse=true)|map(attribute='name')|list
mixed|sort
[2, 1.5, true]|sort
[none, none]|sort
['b', 'A', 'a', 'B']|sort
d|sort
words|unique|list
words|unique(case_sensitive=true)|list
users|unique(attribute='age')|map(attribute='name')|list
[1, 1.0, true, 2]|unique|list
[[1], [1]]|unique|list
nums|reverse|list
s|reverse
d|reverse|list
(nums|reverse)[0]
nums|reverse|first
nums|reverse|length
nums|min
nums|max
words|min
words|max(case_sensitive=true)
[]|min
mixed|max
users|max(attribute='age')
nums|sum
nums|sum(start=10)
users|sum(attribute='age')
words|sum
[[1], [2]]|sum(start=[])
[0.1, 0.2, 0.3]|sum
d|dictsort
d|dictsort(true)
d|dictsort(false, 'value')
d|dictsort(by='value', reverse=true)
d|dictsort(by='x')
nums|dictsort
missing|dictsort
d|items|list
missing|items|list
nums|items|list
nums|items
nothing|items
nums|batch(2)|list
nums|batch(2, 'x')|list
range(7)|slice(3)|list
range(7)|slice(3, 'x')|list
nums|slice(0)|list
users|groupby('age')
users|groupby('city')|map('first')|list
users|groupby('city', case_sensitive=true)|map('first')|list
users|groupby('note', default='-')|map('last')|map('length')|list
(users|groupby('age'))[0].grouper
(users|groupby('age'))[1].list|length
nums|map('string')|list
nums|map('nope')|list
words|map('upper')|join
words|map('replace', 'p', 'P')|list
words|map('truncate', 4, true, '', 0)|list
users|map(attribute='name')|list
users|map(attribute='note')|list
users|map(attribute='note', default='none')|list
users|map(attribute='name', x=1)|list
users|map('attr', 'name')|list
[[1, 2], [3]]|map(attribute=0)|list
[{'a': {'b': 1}}]|map(attribute='a.b')|list
nums|map|list
nothing|map('upper')|list
5|map('upper')|list
nums|select('odd')|list
nums|select|list
[0, 1, '', 'a']|select|list
nums|select('gt', 1)|list
nums|select('nope')|list
nums|reject('odd')|list
users|selectattr('on')|map(attribute='name')|list
users|selectattr('age', 'equalto', 31)|list|length
users|selectattr('note', 'defined')|map(attribute='name')|list
users|selectattr('city', 'in', ['Oslo', 'Rome'])|map(attribute='name')|list
users|rejectattr('on')|map(attribute='name')|list
users|rejectattr('age', '==', 31)|map(attribute='name')|list
users|selectattr|list
users|selectattr('a.b')|list
messages|selectattr('role', 'equalto', 'user')|list
nothing|selectattr('x')|list
'x' if messages|selectattr('role', 'equalto', 'nobody') else 'y'
missing|default('x')
missing|d('x')
missing|default
nothing|default('x')
nothing|default('x', true)
''|default('x', boolean=true)
0|d(5, true)
d.zz|default(1)
missing.x|default(1)
'42'|int
'42.7'|int
'x'|int
'x'|int(5)
'x'|int(default=none)
'0x1f'|int(base=16)
'ff'|int(0, 16)
'101'|int(base=2)
' 12 '|int
'1_000'|int
'-5'|int
42.9|int
-42.9|int
true|int
nothing|int
nums|int
missing|int
'3.5'|float
'x'|float
'x'|float(1.5)
'1e3'|float
'inf'|float
nothing|float
7|float
missing|float
-7|abs
-2.5|abs
'x'|abs
2.5|round
3.5|round
42.55|round(1)
42.55|round(1, 'floor')
42.51|round(0, 'ceil')
2.675|round(2)
1234|round(-2)
1250|round(-2)
1350|round(-2)
7|round
7|round(1)
-2.5|round
2.5|round(method='x')
'x'|round
1e300|round(2)
0.5|round
1.005|round(2)
n|string
f|string
nothing|string
nums|string ~ ''
html|e
html|escape|upper
html|safe
html|forceescape
'<' + ('a'|safe)
('a'|safe) + '<'
'<' ~ ('a'|safe)
('%s'|safe) % '<'
('<'|e)|e
(html|e)|length
['<'|e]
(','|safe).join(['<', '>'|safe])
lines|indent
lines|indent(2, true)
lines|indent(2, first=true, blank=true)
lines|indent('> ')
''|indent
n|indent
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(11, false, '..', 0)
'foo'|center(9)
'foob'|center(9)
'ab'|center(5)
u|wordcount
'a b_c d-e'|wordcount
'a b/c?d=é&'|urlencode
{'a b': 'c/d', 'x': 1}|urlencode
{'a': 1, 'b': none, 'c': '<'}|xmlattr
'%s is %d'|format('x', 3)
'%(a)s'|format(a=1)
'%5.2f|%-5s|%05d'|format(3.14159, 'ab', 42)
s|attr('upper')
d|attr('a')
d|attr('keys') is defined
nums|tojson
mixed|tojson
d|tojson
d|tojson(sort_keys=true)
d|tojson(indent=2)
mixed|tojson(indent=1)
{'a': [], 'b': {}}|tojson(indent=2)
d|tojson(separators=(',', ':'))
d|tojson(indent=2, separators=(', ', ' = '))
d|tojson(indent='\t')
u|tojson
u|tojson(ensure_ascii=true)
html|tojson
'\x00\x1f\x7f\u2028/'|tojson
{1: 2, none: 3, true: 4, 1.5: 5}|tojson
{(1, 2): 3}|tojson
missing|tojson
[missing]|tojson
d.items()|tojson
range(3)|tojson
1e16|tojson
0.1|tojson
nothing|tojson
messages|tojson
messages[2].tool_calls|tojson(indent=4)
s.upper()
s.lower()
s.title()
"they're bill's"|title
"they're bill's".title()
s.swapcase()
s.capitalize()
'  x '.strip() ~ '|'
'  x '.lstrip() ~ '|'
'  x '.rstrip() ~ '|'
'xxhixx'.strip('x')
'xyhiyx'.lstrip('xy')
'\n\nhi\n'.strip('\n')
s.strip(none)
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.rsplit(',', 1)
'  a  b '.split()
' a  b  c '.split(none, 1)
' a  b  c '.rsplit(none, 1)
' a  b  c '.split(maxsplit=1)
'a b'.split('')
'abc'.split('x')
''.split()
''.split(',')
'<think>x</think>y'.split('</think>')[-1]
'<think>x</think>y'.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n')
lines.splitlines()
lines.splitlines(true)
'a-b-c'.partition('-')
'a-b-c'.rpartition('-')
'abc'.partition('-')
s.startswith('Hell')
s.startswith(('x', 'H'))
s.startswith('W', 7)
s.endswith('ld')
s.endswith(['x'])
s.startswith(n)
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.replace('l', 5)
s.replace('', '.')
s.find('o')
s.find('o', 5)
s.find('zz')
s.rfind('o')
s.index('W')
s.index('zz')
s.count('l')
'aaa'.count('aa')
s.count('')
u.find('✓')
u.find('😀')
'-'.join(words)
'-'.join(nums)
'-'.join('abc')
''.join(users|map(attribute='name'))
'{} {}'.format(1, 'a')
'{1} {0}'.format(1, 'a')
'{a} {b[k]} {c.real}'.format(a=1, b={'k': 2}, c=3)
'{0[1]}'.format([1, 2])
'{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c')
'{:05d} {:+d} {:x} {:#x} {:b} {:,}'.format(42, 7, 255, 255, 5, 1234567)
'{:.2f} {:8.3f} {:e} {:g} {:%}'.format(3.14159, 2.5, 12345.678, 0.00001, 0.25)
'{:.3} {:.1f} {}'.format(3.14159, 2.25, 1e20)
'{!r} {!s}'.format('a', 'b')
'{{}} {}'.format(1)
'{:*^9}'.format('mid')
'{:{w}}|'.format('x', w=4)
'{} {}'.format(1)
'{'.format()
'{a}'.format()
'{:d}'.format('x')
'{:5}'.format(none)
'{}'.format(none)
'{0.__class__}'.format(1)
'{a}'.format_map({'a': 3})
'%s' % 1
'%s %s' % (1, 'a')
'%d%%' % 5.9
'%r' % 'a'
'%s' % missing
'%s' % nothing
'%s' % [1]
'%s %s' % 1
'%s' % (1, 2)
'abc' % 1
'abc' % []
'%(x)s' % {'x': 1}
'%(x)s' % 1
'%d' % 'a'
'%x %X %o' % (255, 255, 8)
'%5d|%-5d|%05d|%+d' % (1, 2, 3, 4)
'%.3s|%5.1s|' % ('abcdef', 'xyz')
'%e %g %G' % (12345.678, 1e-10, 1e20)
'%c%c' % ('a', 98)
'%q' % 1
'%*d' % (5, 42)
'abc'.isalpha() and 'ab1'.isalnum() and '12'.isdigit()
''.isalpha()
'²'.isdigit()
'²'.isdecimal()
'½'.isnumeric()
' \t'.isspace()
'Ab'.isupper()
'AB1'.isupper()
'ab'.islower()
'Ab Cd'.istitle()
'ab_1'.isidentifier()
'42'.zfill(5)
'-42'.zfill(5)
'ab'.center(5, '*')
'ab'.ljust(4) ~ '|'
'ab'.rjust(4) ~ '|'
'a\tb'.expandtabs(4)
'prefix-x'.removeprefix('prefix-')
'x-suffix'.removesuffix('-suffix')
'abc'.removeprefix('x')
s.nope()
s.nope
s.upper
s.__class__
s.__class__.__mro__
s._private
d.keys()|list
d.keys()
d.values()
d.items()
d.items()|list
d.get('a')
d.get('zz')
d.get('zz', 5)
d.get('zz', default=5)
d.copy()
d.pop('a')
d.update({'x': 1})
d.setdefault('a', 1)
d.pop is defined
nums.append(1)
nums.append
nums.append is defined
nums['append'](1)
nums.sort()
nums.index(1)
nums.index(9)
nums.count(3)
nums.copy()
(1, 2, 1).count(1)
(1, 2).append(3)
range(3)
range(1, 10, 3)|list
range(5, 0, -2)|list
range(0)|list
range(3)[1]
range(3)[5]
range(3)[-1]
range(10)[2:5]|list
range(1, 2, 0)
range('a')
range(1.5)
range(100001)
range(100000)|length
2 in range(3)
range(3)|sum
dict(a=1, b=2)
dict([('a', 1)], b=2)
dict({'a': 1}, a=2)
dict([1])
dict()
namespace(a=1).a
namespace(a=1).b
namespace({'a': 1}).a
namespace(a=1)
joiner('|')()
cycler(1, 2).next()
cycler()
raise_exception('no')
raise_exception()
strftime_now('%Y-%m-%d %H:%M:%S')
strftime_now('%d %b %Y, %A %B %j %I:%M %p %y %a %U %W %V %G %u %w %e %-d %-m %-I %F %T %D %R %%')
strftime_now('%d %B %Y')
nope|nope
x is nope
(1).x
1 .x
s|length > 3
s|length + 1
-nums|length
-n|abs
(n, s)|length
[n, s][0]
{'k': n}.k
'abc'[1]
'abc'.upper()[0]
d['a'] + d['b']
s in [s]
not (n == 7)
not n == 7
n == 7 and not no
true != false
True and None is none
1 + true
true + true
-true
+true
~1
1 ++ 2
1 -- 2
1 if
(1
[1
{1}
{'a'}
1 2
a b
s.
s.1
nums.0
nums.1.x
nested.x.y.0
.5
5.
1__0
'unterminated
@
$x
a = 1
a := 1
lambda: 1
[x for x in nums]
s if n is defined else missing.x
foo(1, 2
range(1, 2, 3, 4)
s.upper(1)
s.split(sep=',', foo=1)
d.get()
nums|join(1, 2, 3, 4)
nums|first(1)
s|upper(1)
s|trim(chars='H')
s|default(default_value='x')
s is defined(1)
s is divisibleby
*nums
[*nums]
dict(**{'a': 1})
range(*[1, 3])|list
range(*nums)|list
dict(a=1, a=2)
dict(**d, x=1)
'x'.join(*[['a', 'b']])
1000000 * 1000000
0.1 * 3
1/3
2/3*100
1e100
5e-324
1.7976931348623157e308
1e309
-1e309
1e309 - 1e309
3 * 0.1 == 0.3
10 ** 15
10.0 ** 16
7 | string
'a' is not none and 'b'
('a', 'b') | join
('a') | upper
'%s'|format
"it's"
'"'
lipsum()
self
caller()
loop
loop.index
varargs
"""

STATEMENTS = [
    "{% if n > 3 %}a{% elif n %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif zero %}b{% else %}c{% endif %}",
    "{% if missing %}a{% else %}b{% endif %}",
    "{% if missing.x %}a{% endif %}",
    "{% if 1, 2 %}a{% endif %}",
    "{% if n: %}a{% endif %}",
    "{% for x in nums %}{{ x }},{% endfor %}",
    "{% for x in nums %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}",
    "{% for x in nums %}{{ loop.previtem }}-{{ x }}-{{ loop.nextitem }};{% endfor %}",
    "{% for x in nums %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }},{% endfor %}",
    "{% for x in nums %}{{ loop.nope }}|{% endfor %}",
    "{% for x in nums|select('odd') %}{{ loop.index }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for x in nums|map('string') %}{{ x }}{{ loop.revindex }}{% endfor %}",
    "{% for x in nums if x > 1 %}{{ loop.index }}{{ x }}{{ loop.last }},{% endfor %}",
    "{% for x in nums if x > 9 %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in [] %}a{% else %}b{% endfor %}",
    "{% for x in missing %}a{% else %}b{% endfor %}",
    "{% for x in nothing %}a{% endfor %}",
    "{% for x in n %}a{% endfor %}",
    "{% for c in u %}{{ c }}.{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d %}{{ k }}{% endfor %}",
    "{% for k, v in ['ab', 'cd'] %}{{ v }}{{ k }}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a, in [[1]] %}{{ a }}{% endfor %}",
    "{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}",
    "{% for x in nums %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in nums %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in nums %}{% continue %}{% else %}else{% endfor %}",
    "{% for x in nums %}{% break %}{% else %}else{% endfor %}",
    "{% for x in nums %}{{ x }}{% if loop.last %}{% break %}{% endif %}{% else %}else{% endfor %}",
    "{% for x in nums %}{% for y in nums %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}",
    "{% for x in nums %}{% for y in 'ab' %}{{ loop.index }}{{ y }}{% endfor %}{{ loop.index }};{% endfor %}",
    "{% for x in nums %}{% set y %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endset %}{{ y }}{% endfor %}",
    "{% break %}",
    "{% for x in nums %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for x in nums %}{% call n() %}{% continue %}{% endcall %}{% endfor %}",
    "{% for x in nums %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
    "{% for t in tree recursive %}{{ t.v }}{% if t.c %}({{ loop(t.c) }}){% endif %}{% endfor %}",
    "{% for t in tree recursive %}{{ loop.depth }}{{ t.v }}{{ loop(t.c) }}{% else %}.{% endfor %}",
    "{% for t in nums %}{{ loop(t) }}{% endfor %}",
    "{% for x in nums %}{% set q = x %}{% endfor %}{{ q }}",
    "{% set q = 0 %}{% for x in nums %}{{ q }}{% set q = q + x %}{{ q }};{% endfor %}{{ q }}",
    "{% set ns = namespace(q=0) %}{% for x in nums %}{% set ns.q = ns.q + x %}{% endfor %}{{ ns.q }}",
    "{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace() %}{% set ns.x %}body{% endset %}{{ ns.x }}",
    "{% set d.x = 1 %}",
    "{% set nope.x = 1 %}",
    "{% set s.x = 1 %}",
    "{% for ns.x in nums %}{% endfor %}",
    "{% set ns = namespace(_x=1) %}{{ ns._x }}",
    "{% set ns = namespace() %}{% set ns.self = ns %}{{ ns.self.self is defined }}",
    "{% set a = 1 %}{% set b = a + 1 %}{{ a }}{{ b }}",
    "{% set a, b = 1, 2 %}{{ b }}{{ a }}",
    "{% set a, b = [1] %}",
    "{% set (a, b) = 'xy' %}{{ b }}{{ a }}",
    "{% set a = 1, 2 %}{{ a }}",
    "{% set a = 1 if yes else 2 %}{{ a }}",
    "{% set a %}x{{ n }}{% endset %}{{ a }}{{ a is string }}",
    "{% set a | upper | replace('X', 'y') %}x{{ s }}{% endset %}{{ a }}",
    "{% set a %}{% set b = 1 %}{% endset %}{{ b }}",
    "{% if yes %}{% set a = 5 %}{% endif %}{{ a }}",
    "{% if no %}{% set a = 5 %}{% endif %}{{ a }}|{{ a is defined }}",
    "{% if no %}{% set s = 5 %}{% endif %}{{ s }}",
    "{% set n = n + 1 %}{{ n }}",
    "{% for x in nums %}{% set n = n + x %}{{ n }} {% endfor %}{{ n }}",
    "{% for n in nums %}{{ n }}{% endfor %}{{ n }}",
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}",
    "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}",
    "{% with a = 1 %}{% with b = a + 1 %}{{ b }}{% endwith %}{% endwith %}",
    "{% with n = 1, m = n %}{{ m }}{% endwith %}",
    "{% macro m(a, b=2) %}[{{ a }},{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=5, a=4) }}{{ m() }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m(a, a) %}{% endmacro %}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m(a) %}{{ a }}{{ varargs|length }}{{ kwargs.x }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}body{{ n }}{% endcall %}",
    "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b=5) m() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}",
    "{% macro m(caller) %}{{ caller() }}{% endmacro %}",
    "{% macro m(caller=none) %}{{ caller() if caller else 'no' }}{% endmacro %}{{ m() }}{% call m() %}b{% endcall %}",
    "{% call n %}{% endcall %}",
    "{% call nope() %}{% endcall %}",
    "{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(5) }}",
    "{% macro outer() %}{% macro inner() %}i{{ n }}{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}",
    "{% macro m() %}{{ later }}{% endmacro %}{% set later = 3 %}{{ m() }}",
    "{% macro m() %}{% set z = 1 %}{% endmacro %}{{ m() }}{{ z }}",
    "{% for x in nums %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% for x in nums %}{% macro m() %}{{ loop.index }}{% endmacro %}{{ m() }}{% endfor %}",
    "{{ m() }}{% macro m() %}x{% endmacro %}",
    "{% macro m() %}x{% endmacro %}{{ m }}{{ m.name }}{{ m.arguments }}{{ m.nope }}",
    "{% macro m() %}<b>{% endmacro %}{{ m() ~ 1 }}{{ m()|length }}{{ m() is string }}",
    "{% macro m(a) -%}  {{ a }}  {%- endmacro %}[{{ m('x') }}]",
    "{% filter upper %}abc{{ s }}{% endfilter %}",
    "{% filter replace('a', 'b')|upper %}abc{% endfilter %}",
    "{% filter nope %}abc{% endfilter %}",
    "{% block b %}x{{ n }}{% endblock %}",
    "{% for x in nums %}{% block b %}{{ x }}{% endblock %}{% endfor %}",
    "{% set a = 1 %}{% block b %}{{ a }}{% endblock b %}",
    "{% block b %}{% endblock %}{% block b %}{% endblock %}",
    "{% generation %}a{{ n }}{% endgeneration %}b",
    "{% for x in nums %}{% generation %}{{ x }}{{ loop.index }}{% endgeneration %}{% endfor %}",
    "{% set a = 1 %}{% generation %}{% set a = 2 %}{{ a }}{% endgeneration %}{{ a }}",
    "{% print n, s %}",
    "{% include 'x' %}",
    "{% if no %}{% include 'x' %}{% endif %}ok",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% do nums %}",
    "{% nope %}",
    "{% endif %}",
    "{% if n %}",
    "{% for x in nums %}{% endif %}",
    "{% if n %}{% endfor %}",
    "{% for x nums %}{% endfor %}",
    "{% set %}",
    "{% set 1 = 2 %}",
    "{% set true = 2 %}",
    "{% set a b %}",
    "{% set loop = 1 %}{{ loop }}",
    "{% for x in nums %}{% set loop = 1 %}{% endfor %}",
    "{% for loop in nums %}{% endfor %}",
    "{{ }}", "{% %}", "{{ n", "{% if n", "{# open", "{{ n }", "{{ 'a }}' }}", "}}", "%}", "{ {", "{", "#}",
    "{{ {'a': {'b': 1}}['a']['b'] }}",
    "{{ {'a':1}}}",
    "{{'}}'}}",
    "{{ n|nope if no else 1 }}",
    "{% if no %}{{ n|nope }}{% endif %}ok",
    "{% if no %}{{ n is nope }}{% endif %}ok",
    "{% if yes %}{{ n|nope }}{% endif %}",
    "{% if no %}{% for x in nums %}{{ x|nope }}{% endfor %}{% endif %}ok",
    "{% if no %}{% for x in nums|nope %}{% endfor %}{% endif %}ok",
    "{% for x in nums %}{{ 1 if x is nope else 2 }}{% endfor %}",
    # blanks
    "a\n{% if n %}\nb\n{% endif %}\nc\n",
    "a\n  {% if n %}  \n  b\n  {% endif %}  \nc\n\n",
    "a\n  {%- if n -%}  \n  b\n  {%- endif -%}  \nc",
    "a\n  {%+ if n +%}\n  b\n  {%+ endif +%}\nc",
    "  {{ n }}  \n  {{ n }}  ",
    "a  {{- n -}}  b",
    "a\n\n{{- n -}}\n\nb",
    "a {{+ n }} b",
    "{{-1}}",
    "{{- 1 -}}",
    "{{ 1 -}}\n x",
    "a {# c #} b\n{# c #}\nd\n  {# c #}\ne {#- c -#} f {#+ c +#}\ng",
    "{#-#}x{#--#}y{# - #}z",
    "  {% set a = 1 %}x",
    "x  {% set a = 1 %}\n\ny",
    "{% set a = 1 %}  {% set b = 2 %}\n  {% set c = 3 %}  z",
    "{{ n }}  {% set a = 1 %}y",
    "{% set a = 1 -%}\n\n  {% set b = 2 -%}\n z",
    "\t{% if n %}\n\tx\n\t{% endif %}\n",
    "a\r\nb\r{% if n %}\r\nc{% endif %}\r\n",
    "x\n", "x\n\n", "\n", "\n\n", "", " ", "x\r\n", "x\r",
    "{% raw %}{{ n }}{% endraw %}",
    "a\n  {% raw %}\n  {{ n }} {% if %}\n  {% endraw %}\nb",
    "a {%- raw -%}  {{ x }}  {%- endraw -%} b",
    "{% raw %}{% raw %}{% endraw %}",
    "{% raw %}x",
    "{% raw x %}{% endraw %}",
    "{%raw%}{#{%endraw%}",
    "{% if n %}a{% endif %}\nb{% if n %}c\n{% endif %}d",
    "{% for x in nums -%}\n  {{ x }}\n{% endfor %}",
    "{% for x in nums %}\n  {{- x }}\n{%- endfor %}",
    "{%\nif\nn\n%}x{%endif%}",
    "{{ '\n' }}|{{ \"a\nb\" }}",
    "{{ 'a' -}} {{- 'b' }}",
    "{%-if n-%}x{%-endif-%}",
    "{{ [1,\n 2] }}",
    "{{n}}{{n}}\n{{n}}",
    "{%- for m in messages %}\n{{- '<|' + m['role'] + '|>\\n' + m['content']|trim + '<|end|>\\n' }}\n{%- endfor %}\n{%- if true %}\n{{- '<|assistant|>\\n' }}\n{%- endif %}\n",
    # state
    "{% set j = joiner() %}{% for x in nums %}{{ j() }}{{ x }}{% endfor %}",
    "{% set c = cycler('a', 'b') %}{% for x in nums %}{{ c.next() }}{{ c.current }}{% endfor %}{{ c.reset() }}{{ c.next() }}",
    "{% set g = nums|map('string') %}{{ g|list }}{{ g|list }}",
    "{% set g = nums|select %}{% if g %}t{% endif %}{{ g|first }}{{ g|first }}",
    "{% set x = messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|join %}{{ x }}",
    "{% set l = [] %}{% set l = l + [1] %}{{ l }}",
    "{% set _ = nums.append(1) %}{{ nums }}",
    "{% set x = d.update({'z': 1}) %}",
    "{% set content = messages[2].content %}{% if '</think>' in content %}{{ content.split('</think>')[-1].lstrip('\\n') }}{% endif %}",
    "{% set loop_messages = messages[1:] %}{% for m in loop_messages %}{{ m.role }}{{ loop.index0 }}{% endfor %}",
    "{% for m in messages %}{% if m.tool_calls is defined and m.tool_calls %}{{ m.tool_calls[0].function.arguments|tojson }}{% endif %}{% endfor %}",
    "{% for m in messages[::-1] %}{{ m.role[0] }}{% endfor %}",
    "{% if messages[0]['role'] == 'system' and messages[0].content|trim|length > 3 %}y{% endif %}",
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 1) %}{{ raise_exception('alternate') }}{% endif %}{% endfor %}",
    "{% if tools is not none and tools %}a{% else %}b{% endif %}",
    "{{ bos_token }}{{ eos_token }}{{ tools }}{{ documents }}",
    "{% set date_string = strftime_now('%d %b %Y') if strftime_now is defined else '26 Jul 2024' %}{{ date_string }}",
    "{% macro typ(p) %}{% if p.type == 'array' %}{{ typ(p['items']) }}[]{% else %}{{ p.type }}{% endif %}{% endmacro %}{{ typ({'type': 'array', 'items': {'type': 'array', 'items': {'type': 'int'}}}) }}",
]


def environment():
    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            call = self.call_method("_speak")
            return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

        def _speak(self, caller):
            return caller()

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                        extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    now = datetime.datetime(2026, 1, 2, 3, 4, 5)
    env.globals["strftime_now"] = now.strftime
    return env


def render(source):
    variables = {"bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None,
                 "add_generation_prompt": False, **CONTEXT}
    try:
        return {"out": environment().from_string(source).render(**variables)}
    except Exception as error:
        return {"error": type(error).__name__}


# What the interpreter does differently on purpose; docs/formats/chat_template.md names them.
DIFFERENT = {"lipsum()", "self", "-1 ** 0.5"}


def main():
    sources = ["{{ " + line + " }}" for line in EXPRESSIONS.strip().splitlines()
               if line not in DIFFERENT]
    rows = []
    for source in sources + STATEMENTS:
        row = {"in": source, **render(source)}
        if " at 0x" not in row.get("out", ""):  # an address that changes
            rows.append(row)
    path = pathlib.Path(__file__).parent / "templates" / "snippets.json"
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    context = json.dumps(CONTEXT, ensure_ascii=False)
    path.write_text(f'{{"context": {context},\n"rows": [\n{lines}\n]}}\n', encoding="utf-8")
    print(len(rows), "rows,", sum("error" in row for row in rows), "errors")


if __name__ == "__main__":
    main()
