using System.Runtime.CompilerServices;

namespace Cairn.Frontend.Dockerfile.Tests;

/// <summary>The files made by the reference implementation.</summary>
internal static class Golden
{
    public static string Directory { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "golden", "dockerfile");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Directory, name));

    public static bool Exists(string name) => File.Exists(Path.Combine(Directory, name));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
