"""Attacks on the border between code and host, in the form of the corpus: what only an executor with tools can lose.

Where the code gets at the pipe of its worker (`channel`), it speaks to the host in the worker's own name: the host has
to refuse what it says, not how it is said. In an interpreter without `gc` that fails at its first line, as it should.
"""

CHANNEL = """
import gc
channel = next(one for one in gc.get_objects() if type(one).__name__ == 'Channel' and hasattr(one, 'send'))
calls = next(one for one in gc.get_objects() if type(one).__name__ == 'Calls' and hasattr(one, 'function'))
action = calls._action
"""

ROWS: tuple[tuple[str, str, dict], ...] = (
    (
        "frames_everywhere",
        """
import os
body = b'{"kind":"done","action":1,"ended":false,"files":[],"cpu":0.0,"memory":0.0,"value":"ESCAPED-FORGED"}'
for fd in range(3, 1024):
    try: os.write(fd, len(body).to_bytes(4, 'big') + body)
    except OSError: pass
""",
        {"forged_result": True, "host_state_lost": True},
    ),
    (
        "tool_not_offered",
        CHANNEL
        + """
channel.send({'kind': 'call', 'action': action, 'call': 1, 'tool': 'host_delete', 'arguments': '{"path": "/"}'})
""",
        {"called": "host_delete", "host_state_lost": True},
    ),
    (
        "tool_named_twice",
        CHANNEL
        + """
import os
body = ('{"nonce":"%s","kind":"call","action":%d,"call":1,"tool":"host_echo","tool":"host_delete","arguments":"{}"}'
        % (channel._nonce, action)).encode()
os.write(channel.descriptors[1], len(body).to_bytes(4, 'big') + body)
""",
        {"called": "host_delete", "host_state_lost": True},
    ),
    (
        "arguments_of_other_types",
        """
for one in ('many', {'a': 'b'}, {'a': 1}, [1], [1, 2], None, 1.5, True, '7', 10 ** 400):
    try: host_count(one)
    except Exception as error: print(type(error).__name__)
""",
        {"called": "a value of another type", "host_state_lost": True},
    ),
    (
        "arguments_too_many",
        """
for args, named in ((('x', 'y'), {}), ((), {}), (('x',), {'text': 'y'})):
    try: host_echo(*args, **named)
    except Exception as error: print(type(error).__name__)
""",
        {"called": "host_echo", "host_state_lost": True},
    ),
    (
        "arguments_no_json",
        CHANNEL
        + """
channel.send({'kind': 'call', 'action': action, 'call': 1, 'tool': 'host_echo', 'arguments': '{"text": '})
""",
        {"called": "host_echo", "host_state_lost": True},
    ),
    (
        "arguments_of_64_mib",
        "host_echo('x' * (64 << 20))\nprint('ESCAPED:rpc')\n",
        {"stdout_has": "ESCAPED:rpc", "called": "host_echo", "host_growth_mib_over": 256, "host_state_lost": True},
    ),
    (
        "arguments_nested",
        CHANNEL
        + """
channel.send({'kind': 'call', 'action': action, 'call': 1, 'tool': 'host_echo',
              'arguments': '{"text": ' + '[' * 200000 + ']' * 200000 + '}'})
""",
        {"called": "host_echo", "host_state_lost": True},
    ),
    (
        "paths_of_all_kinds",
        """
mark = '__MARK__/dev-rpc'
for path in (mark, '/' + mark, '../' * 14 + mark[1:], './../' * 14 + mark[1:], 'a/../' + '../' * 14 + mark[1:],
             'file://' + mark, mark + chr(0) + '.txt', '..\\\\' * 14 + mark[1:], '~/../..' + mark, '\\ud800' + mark):
    try: host_write(path, 'x')
    except Exception as error: print(type(error).__name__)
""",
        {"marker_named": "dev-rpc", "host_state_lost": True},
    ),
    (
        "calls_without_end",
        """
import itertools
for number in itertools.count():
    try: host_echo('x')
    except Exception: pass
""",
        {"calls_over": 1000, "wall_s_over": 10, "host_state_lost": True},
    ),
    (
        "frame_of_4_gib",
        CHANNEL + "import os\nos.write(channel.descriptors[1], b'\\xff\\xff\\xff\\xff')\nwhile True: pass\n",
        {"wall_s_over": 10, "host_growth_mib_over": 256, "host_state_lost": True},
    ),
    (
        "half_a_frame",
        CHANNEL + "import os\nos.write(channel.descriptors[1], b'\\x00\\x00\\x10\\x00{')\nwhile True: pass\n",
        {"wall_s_over": 10, "host_state_lost": True},
    ),
    (
        "call_after_the_end",
        """
import threading, time
def late():
    time.sleep(0.5)
    host_echo('late')
threading.Thread(target=late, daemon=True).start()
""",
        {"called": "host_echo", "host_state_lost": True},
    ),
    (
        "call_replayed",
        CHANNEL
        + """
frame = {'kind': 'call', 'action': action, 'call': 1, 'tool': 'host_echo', 'arguments': '{"text": "x"}'}
for _ in range(50): channel.send(frame)
""",
        {"calls_over": 1, "host_state_lost": True},
    ),
    (
        "pickled_arguments",
        """
import pickle
class P:
    def __reduce__(self):
        import os
        return os.system, ('touch __MARK__/dev-rpc',)
for one in (P(), pickle.dumps(P()), pickle.dumps(P()).decode('latin-1')):
    try: print(host_echo(one))
    except Exception as error: print(type(error).__name__)
""",
        {"marker_named": "dev-rpc", "host_state_lost": True},
    ),
    (
        "result_that_lies",
        """
class Sly(dict):
    def items(self): return [('value', 'ESCAPED-FORGED')]
    def __repr__(self): raise SystemExit
    def __class__(self): raise KeyboardInterrupt
class Text(str):
    def __str__(self): raise MemoryError
    __repr__ = encode = __str__
[Sly(a=1), Text('x'), float('nan'), 10 ** 5000, {1: 2}, chr(0xd800), b'x']
""",
        {"host_state_lost": True},
    ),
    (
        "first_process_taken_over",
        """
import os
for one in {1, os.getppid()} - {os.getpid()}:
    try: os.close(os.open(f'/proc/{one}/mem', os.O_RDWR)); print('ESCAPED:first')
    except OSError as error: print(error)
""",
        {"stdout_has": "ESCAPED:first", "host_state_lost": True},
    ),
)


def rpc_rows() -> list[dict]:
    return [
        {"id": f"rpc-{number:02}", "category": "rpc", "name": name, "code": code, "must_not": must_not}
        for number, (name, code, must_not) in enumerate(ROWS, 1)
    ]
