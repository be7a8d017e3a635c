using System.Reflection;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Named places in the code where a test makes this process die, stop, wait or fail. The environment variable CAIRN_FAIL holds
/// <c>NAME:N:ACTION</c>, several with commas; N is the number of the hit, or <c>*</c> for every one. Actions: <c>kill</c> and <c>stop</c>
/// (SIGKILL and SIGSTOP to this process), <c>pause-until=FILE</c> (makes FILE.reached, goes on when FILE exists), <c>error=ERRNO</c>
/// (a failed system call with that name or number).
/// </summary>
public static class Failpoints
{
    // Null, and nothing else is looked at, unless somebody asked for a failure.
    private static volatile Armed[]? _armed = Parse(Environment.GetEnvironmentVariable("CAIRN_FAIL"));

    /// <summary>The code is at the place of this name, a dotted <c>area.step</c>.</summary>
    public static void Hit(string name)
    {
        if (_armed is { } armed)
        {
            foreach (Armed point in armed)
            {
                if (point.Name == name)
                {
                    point.Reach();
                }
            }
        }
    }

    /// <summary>Replaces what the environment said; hits count from here. Null or empty ends it.</summary>
    /// <param name="points">As in the environment variable.</param>
    public static void Arm(string? points) => _armed = Parse(points);

    private static Armed[]? Parse(string? points) => string.IsNullOrEmpty(points) ? null : [.. points.Split(',').Select(ParseOne)];

    private static Armed ParseOne(string point)
    {
        string[] parts = point.Split(':', 3);
        return parts.Length == 3 && (parts[1] == "*" || long.TryParse(parts[1], out _))
            ? new Armed(parts[0], parts[1] == "*" ? null : long.Parse(parts[1]), parts[2])
            : throw new ArgumentException($"'{point}' is not NAME:N:ACTION", nameof(point));
    }

    private sealed class Armed(string name, long? at, string action)
    {
        private long _hits;

        public string Name => name;

        public void Reach()
        {
            long hit = Interlocked.Increment(ref _hits);
            if (at is not null && hit != at)
            {
                return;
            }
            string[] parts = action.Split('=', 2);
            switch (parts[0])
            {
                case "kill":
                    Signal(Libc.SIGKILL);
                    break;
                case "stop":
                    Signal(Libc.SIGSTOP);
                    break;
                case "pause-until":
                    Pause(parts[1]);
                    break;
                case "error":
                    throw new NativeException("reach failpoint", name, ErrorNumber(parts[1]));
                default:
                    throw new ArgumentException($"there is no action '{action}'", nameof(action));
            }
        }

        // To this very thread, which then does not go on; sent to the process, another thread might take it a little later.
        private static void Signal(int signal) => Files.Check(Libc.raise(signal), "raise", "self");

        private static void Pause(string file)
        {
            File.WriteAllText(file + ".reached", "");
            using var never = new ManualResetEventSlim();
            while (!File.Exists(file))
            {
                never.Wait(5);
            }
        }

        private static int ErrorNumber(string text) => int.TryParse(text, out int number)
            ? number
            : (int)(typeof(Errno).GetField(text, BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue()
                ?? throw new ArgumentException($"there is no error '{text}'", nameof(text)));
    }
}
