using System.Diagnostics;

namespace Cairn.Tests.Harness;

/// <summary>Polls for an outcome that comes from elsewhere, with a deadline that only a broken product meets.</summary>
internal static class Await
{
    public static void True(Func<bool> outcome, string what)
    {
        var time = Stopwatch.StartNew();
        using var never = new ManualResetEventSlim();
        while (!outcome())
        {
            if (time.Elapsed > TimeSpan.FromMinutes(2))
            {
                throw new TimeoutException($"two minutes have passed and it is not so that {what}");
            }
            never.Wait(5);
        }
    }

    /// <summary>Waits for a file to appear.</summary>
    public static void File(string path) => True(() => System.IO.File.Exists(path), $"{path} exists");
}
