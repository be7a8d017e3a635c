using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Cairn.Tests.Harness;

/// <summary>Long runs: CAIRN_SOAK=1 asks for them, CAIRN_SEED repeats one.</summary>
internal static class Soak
{
    private static readonly Lock Writing = new();   // guards the file of figures within this process; appends are whole lines

    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("CAIRN_SOAK") == "1";

    /// <summary>Seed of everything random in this run.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CAIRN_SEED"), CultureInfo.InvariantCulture, out int seed)
            ? seed : RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>A number for <c>./test</c>, and another one for <c>./test --soak</c>.</summary>
    public static T Choose<T>(T inTest, T inSoak) => IsOn ? inSoak : inTest;

    /// <summary>A part of the time that the long run may take, CAIRN_SOAK_MINUTES or 15; nothing in <c>./test</c>.</summary>
    /// <param name="part">More than 0, at most 1.</param>
    public static TimeSpan Share(double part) => !IsOn ? TimeSpan.Zero : part * TimeSpan.FromMinutes(
        double.TryParse(Environment.GetEnvironmentVariable("CAIRN_SOAK_MINUTES"), CultureInfo.InvariantCulture, out double minutes) ? minutes : 15);

    /// <summary>Random numbers from the seed, which the output of a failed test shows.</summary>
    public static Random Random()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"CAIRN_SEED={Seed}");
        return new Random(Seed);
    }

    /// <summary>Notes what was tried how often and how often it went wrong, a line of artifacts/soak/figures.jsonl.</summary>
    /// <param name="figure">What was tried: "kill -9 while layers are published".</param>
    /// <param name="tried">How often.</param>
    /// <param name="lost">How often something was lost or torn.</param>
    /// <param name="details">More numbers, by name.</param>
    public static void Note(string figure, long tried, long lost, params (string Name, double Value)[] details)
    {
        string line = JsonSerializer.Serialize(new
        {
            figure,
            tried,
            lost,
            soak = IsOn,
            seed = Seed,
            details = details.ToDictionary(static pair => pair.Name, static pair => pair.Value),
        });
        string directory = Path.Combine(SourceRoot, "artifacts", "soak");
        Directory.CreateDirectory(directory);
        lock (Writing)
        {
            File.AppendAllText(Path.Combine(directory, "figures.jsonl"), line + "\n");
        }
    }

    /// <summary>The directory with the solution.</summary>
    private static string SourceRoot
    {
        get
        {
            string? directory = AppContext.BaseDirectory;
            while (directory is not null && !File.Exists(Path.Combine(directory, "Build.sln")))
            {
                directory = Path.GetDirectoryName(directory);
            }
            return directory ?? throw new InvalidOperationException("the tests do not run below the source directory");
        }
    }
}
