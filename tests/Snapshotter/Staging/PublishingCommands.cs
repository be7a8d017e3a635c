using System.Globalization;
using System.Text;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Staging;

/// <summary>Commands that publish.</summary>
[ChildCommands]
internal static class PublishingCommands
{
    /// <summary>publish-many N: layers with ten files and one that has the number of the layer, one after the other.</summary>
    public static string PublishMany(ChildSession session, string[] arguments)
    {
        for (int i = 0; i < int.Parse(arguments[0], CultureInfo.InvariantCulture); i++)
        {
            using StagedLayer staged = session.Snapshotter.Stage();
            for (int file = 0; file < 10; file++)
            {
                staged.Tree.WriteFile($"/{file}", Encoding.ASCII.GetBytes($"{file} of {i}"), 0x1a4, FileOwner.Root, null);
            }
            staged.Tree.WriteFile("/number", Encoding.ASCII.GetBytes($"{i}"), 0x1a4, FileOwner.Root, null);
            _ = staged.Usage;
            session.Store.Write(staged.Publish);
        }
        return "";
    }
}
