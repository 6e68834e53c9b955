/// This version of the program.
package let paydactylVersion = "0.1.0"
